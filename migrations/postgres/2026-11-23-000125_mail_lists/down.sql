ALTER TABLE mails DROP COLUMN list_id;
ALTER TABLE mails DROP COLUMN list_unsubscribe;
