-- storefront: what staff gave customers without approval, wherever they did it. The limit counts it together.
CREATE TABLE given_alone (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id BIGINT NOT NULL REFERENCES customers (id),
    amount BIGINT NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL,
    actor TEXT NOT NULL,
    given_at TIMESTAMP NOT NULL
);
CREATE INDEX given_alone_of_customer ON given_alone (customer_id, given_at);

-- Until now it stood among the proposals.
INSERT INTO given_alone (customer_id, amount, currency, actor, given_at)
SELECT tickets.customer_id, ticket_proposals.amount, ticket_proposals.currency, ticket_proposals.proposed_by, ticket_proposals.created_at
FROM ticket_proposals
JOIN tickets ON tickets.id = ticket_proposals.ticket_id
WHERE ticket_proposals.state = 'alone' AND ticket_proposals.amount > 0 AND tickets.customer_id IS NOT NULL
ORDER BY ticket_proposals.id;
DELETE FROM ticket_proposals WHERE state = 'alone';

-- Whether the ticket ends with it when it is approved.
ALTER TABLE ticket_proposals ADD COLUMN solve BOOLEAN NOT NULL DEFAULT FALSE;
