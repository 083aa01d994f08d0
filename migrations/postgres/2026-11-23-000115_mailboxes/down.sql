DROP TABLE inbound_uids;
DROP TABLE inbound_mailboxes;
UPDATE inbound_mails SET way = 'hook' WHERE way = 'imap';
ALTER TABLE inbound_mails DROP CONSTRAINT inbound_mails_way_check;
ALTER TABLE inbound_mails ADD CONSTRAINT inbound_mails_way_check CHECK (way IN ('smtp', 'hook'));
