ALTER TABLE inbound_mailboxes DROP COLUMN stuck_looks;
ALTER TABLE inbound_mailboxes DROP COLUMN stuck_uid;
