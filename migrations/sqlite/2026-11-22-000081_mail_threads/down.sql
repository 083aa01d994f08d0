ALTER TABLE mails DROP COLUMN auto_submitted;
ALTER TABLE mails DROP COLUMN thread;
ALTER TABLE mails DROP COLUMN in_reply_to;
ALTER TABLE mails DROP COLUMN reply_to;
