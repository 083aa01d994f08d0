-- kernel: mail servers that refused the shop or a sender of its, with what they said.
CREATE TABLE mail_setbacks (
    transport_id BIGINT NOT NULL,
    -- The domain of the senders that it refuses; empty: it refuses the shop.
    sender TEXT NOT NULL,
    reason TEXT NOT NULL,
    since TIMESTAMP NOT NULL,
    PRIMARY KEY (transport_id, sender)
);
-- crm: why a campaign stopped by itself, in the words of the mail servers; empty when it did not.
ALTER TABLE campaigns ADD COLUMN stopped TEXT NOT NULL DEFAULT '';
-- What looks after rows that are due is never given up: a campaign waits for it.
UPDATE jobs SET state = 'due', attempts = 0 WHERE state = 'dead' AND dedupe_key = 'watched';
UPDATE jobs SET state = 'due', attempts = 0 WHERE state = 'dead' AND kind IN ('campaigns.freeze', 'campaigns.cancel');
