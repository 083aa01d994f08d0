-- A case is about money nobody expected, or about a refund or a capture that failed; a person may say that it was seen to.
CREATE TABLE payment_cases_new (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    payment_id BIGINT NOT NULL REFERENCES payments (id),
    order_id BIGINT NOT NULL REFERENCES orders (id),
    reason TEXT NOT NULL,
    amount BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'resolved')),
    created_at TIMESTAMP NOT NULL,
    resolved_at TIMESTAMP,
    kind TEXT NOT NULL DEFAULT 'unwanted' CHECK (kind IN ('unwanted', 'refund', 'capture')),
    -- The refund or the capture that failed; 0 of money nobody expected.
    subject_id BIGINT NOT NULL DEFAULT 0,
    note TEXT NOT NULL DEFAULT '',
    -- Who said that it was seen to; empty when it resolved by itself.
    seen_by TEXT NOT NULL DEFAULT '',
    UNIQUE (payment_id, kind, subject_id)
);
INSERT INTO payment_cases_new (id, payment_id, order_id, reason, amount, state, created_at, resolved_at)
SELECT id, payment_id, order_id, reason, amount, state, created_at, resolved_at FROM payment_cases;
DROP TABLE payment_cases;
ALTER TABLE payment_cases_new RENAME TO payment_cases;
CREATE INDEX payment_cases_by_state ON payment_cases (state, id);
CREATE INDEX payment_cases_by_order ON payment_cases (order_id);
-- A provider that tells of a refund names it.
CREATE INDEX refunds_by_reference ON refunds (provider_reference);
