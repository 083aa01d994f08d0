-- kernel: mails that people allowed, and take back where they say so: a page, and what they belong to. Empty for any other.
ALTER TABLE mails ADD COLUMN list_unsubscribe TEXT NOT NULL DEFAULT '';
ALTER TABLE mails ADD COLUMN list_id TEXT NOT NULL DEFAULT '';
