DROP INDEX refunds_by_reference;
CREATE TABLE payment_cases_old (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    payment_id BIGINT NOT NULL UNIQUE REFERENCES payments (id),
    order_id BIGINT NOT NULL REFERENCES orders (id),
    reason TEXT NOT NULL,
    amount BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'resolved')),
    created_at TIMESTAMP NOT NULL,
    resolved_at TIMESTAMP
);
INSERT INTO payment_cases_old (id, payment_id, order_id, reason, amount, state, created_at, resolved_at)
SELECT id, payment_id, order_id, reason, amount, state, created_at, resolved_at FROM payment_cases WHERE kind = 'unwanted';
DROP TABLE payment_cases;
ALTER TABLE payment_cases_old RENAME TO payment_cases;
CREATE INDEX payment_cases_by_state ON payment_cases (state, id);
