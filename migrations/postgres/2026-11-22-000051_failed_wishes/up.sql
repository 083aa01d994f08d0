-- A case is about money nobody expected, or about a refund or a capture that failed; a person may say that it was seen to.
ALTER TABLE payment_cases DROP CONSTRAINT payment_cases_payment_id_key;
ALTER TABLE payment_cases ADD COLUMN kind TEXT NOT NULL DEFAULT 'unwanted' CHECK (kind IN ('unwanted', 'refund', 'capture'));
-- The refund or the capture that failed; 0 of money nobody expected.
ALTER TABLE payment_cases ADD COLUMN subject_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE payment_cases ADD COLUMN note TEXT NOT NULL DEFAULT '';
-- Who said that it was seen to; empty when it resolved by itself.
ALTER TABLE payment_cases ADD COLUMN seen_by TEXT NOT NULL DEFAULT '';
ALTER TABLE payment_cases ADD CONSTRAINT payment_cases_once UNIQUE (payment_id, kind, subject_id);
CREATE INDEX payment_cases_by_order ON payment_cases (order_id);
-- A provider that tells of a refund names it.
CREATE INDEX refunds_by_reference ON refunds (provider_reference);
