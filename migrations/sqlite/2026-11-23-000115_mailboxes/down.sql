DROP TABLE inbound_uids;
DROP TABLE inbound_mailboxes;
CREATE TABLE inbound_mails_before (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    digest TEXT NOT NULL UNIQUE,
    size BIGINT NOT NULL,
    way TEXT NOT NULL CHECK (way IN ('smtp', 'hook')),
    sender TEXT,
    recipients TEXT NOT NULL,
    received_at TIMESTAMP NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('stored', 'filed')),
    nature TEXT NOT NULL DEFAULT '',
    fate TEXT NOT NULL DEFAULT '' CHECK (fate IN ('', 'opened', 'added', 'kept', 'repeated', 'bounced')),
    message_id TEXT NOT NULL DEFAULT '',
    from_email TEXT NOT NULL DEFAULT '',
    from_key TEXT NOT NULL DEFAULT '',
    from_name TEXT NOT NULL DEFAULT '',
    subject TEXT NOT NULL DEFAULT '',
    ticket_id BIGINT REFERENCES tickets (id),
    bounced_mail_id BIGINT,
    filed_at TIMESTAMP,
    about_key TEXT NOT NULL DEFAULT '',
    raw BLOB NOT NULL,
    CHECK ((state = 'filed') = (filed_at IS NOT NULL)),
    CHECK (fate NOT IN ('opened', 'added') OR ticket_id IS NOT NULL)
);
INSERT INTO inbound_mails_before (id, digest, size, way, sender, recipients, received_at, state, nature, fate, message_id, from_email, from_key, from_name, subject, ticket_id, bounced_mail_id, filed_at, about_key, raw)
    SELECT id, digest, size, CASE way WHEN 'imap' THEN 'hook' ELSE way END, sender, recipients, received_at, state, nature, fate, message_id, from_email, from_key, from_name, subject, ticket_id, bounced_mail_id, filed_at, about_key, raw FROM inbound_mails;
DROP TABLE inbound_mails;
ALTER TABLE inbound_mails_before RENAME TO inbound_mails;
CREATE INDEX inbound_mails_stored ON inbound_mails (id) WHERE state = 'stored';
CREATE INDEX inbound_mails_by_sender ON inbound_mails (from_key, id);
CREATE INDEX inbound_mails_about ON inbound_mails (about_key) WHERE about_key <> '';
CREATE INDEX inbound_mails_by_fate ON inbound_mails (fate, id);
CREATE INDEX inbound_mails_by_message_id ON inbound_mails (message_id) WHERE message_id <> '';
CREATE INDEX inbound_mails_of_ticket ON inbound_mails (ticket_id) WHERE ticket_id IS NOT NULL;
