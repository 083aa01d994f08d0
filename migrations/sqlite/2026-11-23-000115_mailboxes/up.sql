-- Mails come in from a mailbox at another server, too.
CREATE TABLE inbound_mails_of_all (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    digest TEXT NOT NULL UNIQUE,
    size BIGINT NOT NULL,
    way TEXT NOT NULL CHECK (way IN ('smtp', 'hook', 'imap')),
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
INSERT INTO inbound_mails_of_all (id, digest, size, way, sender, recipients, received_at, state, nature, fate, message_id, from_email, from_key, from_name, subject, ticket_id, bounced_mail_id, filed_at, about_key, raw)
    SELECT id, digest, size, way, sender, recipients, received_at, state, nature, fate, message_id, from_email, from_key, from_name, subject, ticket_id, bounced_mail_id, filed_at, about_key, raw FROM inbound_mails;
DROP TABLE inbound_mails;
ALTER TABLE inbound_mails_of_all RENAME TO inbound_mails;
CREATE INDEX inbound_mails_stored ON inbound_mails (id) WHERE state = 'stored';
CREATE INDEX inbound_mails_by_sender ON inbound_mails (from_key, id);
CREATE INDEX inbound_mails_about ON inbound_mails (about_key) WHERE about_key <> '';
CREATE INDEX inbound_mails_by_fate ON inbound_mails (fate, id);
CREATE INDEX inbound_mails_by_message_id ON inbound_mails (message_id) WHERE message_id <> '';
CREATE INDEX inbound_mails_of_ticket ON inbound_mails (ticket_id) WHERE ticket_id IS NOT NULL;

-- crm: the mailboxes at other servers that mails are fetched from, and how far that is.
CREATE TABLE inbound_mailboxes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- User, host and folder: another folder is another mailbox.
    source TEXT NOT NULL UNIQUE,
    -- Of the server: while it stays the same, a UID means the same mail for ever. 0 before the first look.
    uid_validity BIGINT NOT NULL DEFAULT 0,
    -- Every mail up to this UID was seen to.
    last_uid BIGINT NOT NULL DEFAULT 0,
    -- Mails below this UID lay there when the UIDs began. Of these the unread ones are taken, and what arrived since that moment.
    old_below BIGINT NOT NULL DEFAULT 0,
    old_since TIMESTAMP,
    begun_at TIMESTAMP NOT NULL,
    -- When somebody looks next; whoever looks moves it ahead first.
    due_at TIMESTAMP NOT NULL,
    looked_at TIMESTAMP,
    -- What is wrong with it, as the key of a text, since when, and how often in a row.
    failed TEXT NOT NULL DEFAULT '',
    failing_since TIMESTAMP,
    failures BIGINT NOT NULL DEFAULT 0,
    CHECK ((failed = '') = (failing_since IS NULL))
);

-- The mails of a mailbox that were seen to, each once.
CREATE TABLE inbound_uids (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    mailbox_id BIGINT NOT NULL REFERENCES inbound_mailboxes (id),
    uid_validity BIGINT NOT NULL,
    uid BIGINT NOT NULL,
    size BIGINT NOT NULL,
    -- Why it was not stored, as the key of a text; it stays in the mailbox as it is.
    refused TEXT NOT NULL DEFAULT '',
    taken_at TIMESTAMP NOT NULL,
    -- When the server was told that it was stored.
    settled_at TIMESTAMP,
    UNIQUE (mailbox_id, uid_validity, uid)
);
CREATE INDEX inbound_uids_unsettled ON inbound_uids (mailbox_id, uid_validity, uid) WHERE settled_at IS NULL AND refused = '';
CREATE INDEX inbound_uids_refused ON inbound_uids (mailbox_id, id) WHERE refused <> '';
