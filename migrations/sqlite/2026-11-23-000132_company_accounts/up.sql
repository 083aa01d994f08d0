-- storefront: what companies may owe the shop, and what they owe. The exposure is the sum of the entries and of what is open of the receivables.
CREATE TABLE company_accounts (
    company_id BIGINT NOT NULL PRIMARY KEY REFERENCES companies (id),
    currency TEXT NOT NULL,
    credit_limit BIGINT NOT NULL CHECK (credit_limit >= 0),
    exposure BIGINT NOT NULL DEFAULT 0 CHECK (exposure >= 0),
    -- Days from the invoice to its due date.
    net_days BIGINT NOT NULL CHECK (net_days BETWEEN 0 AND 365),
    state TEXT NOT NULL CHECK (state IN ('open', 'stopped')),
    version BIGINT NOT NULL DEFAULT 1,
    updated_at TIMESTAMP NOT NULL
);
-- What an order that was bought on account comes to, what of it was settled, and what is left. `company_id` is the company whose account it is.
CREATE TABLE receivables (
    order_id BIGINT NOT NULL PRIMARY KEY REFERENCES orders (id),
    company_id BIGINT NOT NULL REFERENCES company_accounts (company_id),
    open BIGINT NOT NULL CHECK (open >= 0),
    settled BIGINT NOT NULL DEFAULT 0 CHECK (settled >= 0),
    -- The invoice that stands; empty before there is one.
    invoice TEXT NOT NULL DEFAULT '',
    -- A day: YYYY-MM-DD.
    due_on TEXT NOT NULL,
    -- Nobody is reminded of it while somebody sees to it.
    paused BOOLEAN NOT NULL DEFAULT FALSE,
    dunning_level BIGINT NOT NULL DEFAULT 0,
    dunned_at TIMESTAMP
);
CREATE INDEX receivables_of_company ON receivables (company_id, order_id);
CREATE INDEX receivables_due ON receivables (due_on, order_id) WHERE open > 0;
CREATE INDEX receivables_open_of_company ON receivables (company_id, order_id) WHERE open > 0;
-- Added once, never changed. Above zero the company owes more by it.
CREATE TABLE company_account_entries (
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
CREATE INDEX company_account_entries_of_company ON company_account_entries (company_id, id);
CREATE INDEX company_account_entries_of_order ON company_account_entries (order_id, id);
CREATE INDEX company_account_entries_by_day ON company_account_entries (booked_on, id);
-- Reminders, the mildest first.
CREATE TABLE dunning_levels (
    level BIGINT NOT NULL PRIMARY KEY CHECK (level BETWEEN 1 AND 9),
    -- Days after the due date.
    days_after BIGINT NOT NULL CHECK (days_after BETWEEN 1 AND 365),
    active BOOLEAN NOT NULL,
    -- The shop's own words by language, as JSON.
    texts TEXT NOT NULL DEFAULT '{}'
);
INSERT INTO dunning_levels (level, days_after, active) VALUES (1, 3, TRUE), (2, 14, TRUE), (3, 28, TRUE);
-- Documents by period, for accountants.
CREATE INDEX documents_by_moment ON documents (issued_at, id);
