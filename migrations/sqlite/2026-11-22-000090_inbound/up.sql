-- crm: mails that came in, as they came. The row is there before anybody reads what is in it.
CREATE TABLE inbound_mails (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- SHA-256 of the bytes: what comes twice is kept once.
    digest TEXT NOT NULL UNIQUE,
    size BIGINT NOT NULL,
    way TEXT NOT NULL CHECK (way IN ('smtp', 'hook')),
    -- The envelope. An empty sender wants no answer; none is one that nobody told of.
    sender TEXT,
    recipients TEXT NOT NULL,
    received_at TIMESTAMP NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('stored', 'filed')),
    -- From here on what was read in it.
    nature TEXT NOT NULL DEFAULT '',
    -- What became of it.
    fate TEXT NOT NULL DEFAULT '' CHECK (fate IN ('', 'opened', 'added', 'kept', 'repeated', 'bounced')),
    message_id TEXT NOT NULL DEFAULT '',
    from_email TEXT NOT NULL DEFAULT '',
    from_key TEXT NOT NULL DEFAULT '',
    from_name TEXT NOT NULL DEFAULT '',
    subject TEXT NOT NULL DEFAULT '',
    ticket_id BIGINT REFERENCES tickets (id),
    -- The mail of the shop that came back with it.
    bounced_mail_id BIGINT,
    filed_at TIMESTAMP,
    -- Whom that mail was to, in lower case.
    about_key TEXT NOT NULL DEFAULT '',
    raw BLOB NOT NULL,
    CHECK ((state = 'filed') = (filed_at IS NOT NULL)),
    CHECK (fate NOT IN ('opened', 'added') OR ticket_id IS NOT NULL)
);
CREATE INDEX inbound_mails_stored ON inbound_mails (id) WHERE state = 'stored';
CREATE INDEX inbound_mails_by_sender ON inbound_mails (from_key, id);
CREATE INDEX inbound_mails_about ON inbound_mails (about_key) WHERE about_key <> '';
CREATE INDEX inbound_mails_by_fate ON inbound_mails (fate, id);
CREATE INDEX inbound_mails_by_message_id ON inbound_mails (message_id) WHERE message_id <> '';
CREATE INDEX inbound_mails_of_ticket ON inbound_mails (ticket_id) WHERE ticket_id IS NOT NULL;
