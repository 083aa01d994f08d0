-- storefront: reminders may cost a fee, which is owed and paid as a part of the account and no part of the order.
ALTER TABLE company_account_entries DROP CONSTRAINT company_account_entries_kind_check;
ALTER TABLE company_account_entries ADD CONSTRAINT company_account_entries_kind_check CHECK (kind IN ('charge', 'release', 'payment', 'reversal', 'credit', 'fee', 'waive', 'fee_payment', 'fee_reversal'));
-- By currency, in minor units, as JSON; a currency that is not named has none.
ALTER TABLE dunning_levels ADD COLUMN fees TEXT NOT NULL DEFAULT '{}';
-- What is owed of the fees of reminders, beside what is open of the order.
ALTER TABLE receivables ADD COLUMN fees BIGINT NOT NULL DEFAULT 0 CHECK (fees >= 0);
DROP INDEX receivables_due;
DROP INDEX receivables_open_of_company;
CREATE INDEX receivables_due ON receivables (due_on, order_id) WHERE open + fees > 0;
CREATE INDEX receivables_owed_of_company ON receivables (company_id, order_id) WHERE open + fees > 0;
DROP INDEX receivables_sums;
CREATE INDEX receivables_sums ON receivables (company_id, due_on, open, fees) WHERE open + fees > 0;
