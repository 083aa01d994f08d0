-- crm: the words that a ticket is found by, normalised, compared byte by byte.
CREATE TABLE ticket_terms (
    term TEXT NOT NULL,
    ticket_id BIGINT NOT NULL REFERENCES tickets (id),
    PRIMARY KEY (term, ticket_id)
) WITHOUT ROWID;
CREATE INDEX ticket_terms_of_ticket ON ticket_terms (ticket_id, term);
-- Tickets that are there already get their words by a job, a few at a time.
INSERT INTO jobs (kind, payload, priority, run_at, created_at)
SELECT 'tickets.terms', '0', 1, datetime('now'), datetime('now') WHERE EXISTS (SELECT 1 FROM tickets);
