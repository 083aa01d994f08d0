-- kernel: what ties a mail to others (RFC 5322), and who or what wrote it (RFC 3834).
ALTER TABLE mails ADD COLUMN reply_to TEXT NOT NULL DEFAULT '';
ALTER TABLE mails ADD COLUMN in_reply_to TEXT NOT NULL DEFAULT '';
-- Message-IDs with a space between them.
ALTER TABLE mails ADD COLUMN thread TEXT NOT NULL DEFAULT '';
ALTER TABLE mails ADD COLUMN auto_submitted TEXT NOT NULL DEFAULT 'auto-generated'
    CHECK (auto_submitted IN ('auto-generated', 'auto-replied', 'no'));
