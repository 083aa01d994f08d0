-- The mail that the last look ended at because the server did not give it, and how many looks in a row did; 0 for none.
ALTER TABLE inbound_mailboxes ADD COLUMN stuck_uid BIGINT NOT NULL DEFAULT 0;
ALTER TABLE inbound_mailboxes ADD COLUMN stuck_looks BIGINT NOT NULL DEFAULT 0;
