UPDATE company_accounts SET exposure = exposure - (SELECT COALESCE(SUM(r.fees), 0) FROM receivables r WHERE r.company_id = company_accounts.company_id);
DELETE FROM company_account_entries WHERE kind IN ('fee', 'waive', 'fee_payment', 'fee_reversal');
CREATE TABLE company_account_entries_of_all (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    company_id BIGINT NOT NULL REFERENCES company_accounts (company_id),
    order_id BIGINT NOT NULL REFERENCES receivables (order_id),
    payment_id BIGINT REFERENCES payments (id),
    kind TEXT NOT NULL CHECK (kind IN ('charge', 'release', 'payment', 'reversal', 'credit')),
    amount BIGINT NOT NULL,
    -- What the bank's statement says of a payment.
    reference TEXT NOT NULL DEFAULT '',
    note TEXT NOT NULL DEFAULT '',
    actor TEXT NOT NULL,
    dedupe_key TEXT NOT NULL UNIQUE,
    -- The day on which the money came: YYYY-MM-DD.
    booked_on TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL
);
INSERT INTO company_account_entries_of_all (id, company_id, order_id, payment_id, kind, amount, reference, note, actor, dedupe_key, booked_on, created_at)
    SELECT id, company_id, order_id, payment_id, kind, amount, reference, note, actor, dedupe_key, booked_on, created_at FROM company_account_entries;
DROP TABLE company_account_entries;
ALTER TABLE company_account_entries_of_all RENAME TO company_account_entries;
CREATE INDEX company_account_entries_of_company ON company_account_entries (company_id, id);
CREATE INDEX company_account_entries_of_order ON company_account_entries (order_id, id);
CREATE INDEX company_account_entries_by_day ON company_account_entries (booked_on, id);
CREATE INDEX company_account_entries_of_company_by_day ON company_account_entries (company_id, booked_on, id);
DROP INDEX receivables_due;
DROP INDEX receivables_owed_of_company;
CREATE INDEX receivables_due ON receivables (due_on, order_id) WHERE open > 0;
CREATE INDEX receivables_open_of_company ON receivables (company_id, order_id) WHERE open > 0;
DROP INDEX receivables_sums;
CREATE INDEX receivables_sums ON receivables (company_id, due_on, open) WHERE open > 0;
ALTER TABLE receivables DROP COLUMN fees;
ALTER TABLE dunning_levels DROP COLUMN fees;
