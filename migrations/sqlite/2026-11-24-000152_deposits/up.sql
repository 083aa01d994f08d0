-- storefront: a part of an order on account that is to be paid before its goods leave.
ALTER TABLE company_accounts ADD COLUMN deposit_bp BIGINT NOT NULL DEFAULT 0 CHECK (deposit_bp BETWEEN 0 AND 10000);
-- Days from the order to the deposit's due date.
ALTER TABLE company_accounts ADD COLUMN deposit_days BIGINT NOT NULL DEFAULT 0 CHECK (deposit_days BETWEEN 0 AND 365);
-- As it was agreed when the order was placed.
ALTER TABLE receivables ADD COLUMN deposit_bp BIGINT NOT NULL DEFAULT 0 CHECK (deposit_bp BETWEEN 0 AND 10000);
-- What the deposit comes to, and what of it is not paid. It is a part of `open`, not added to it.
ALTER TABLE receivables ADD COLUMN deposit BIGINT NOT NULL DEFAULT 0 CHECK (deposit >= 0);
ALTER TABLE receivables ADD COLUMN deposit_open BIGINT NOT NULL DEFAULT 0 CHECK (deposit_open >= 0);
-- A day: YYYY-MM-DD; empty without a deposit.
ALTER TABLE receivables ADD COLUMN deposit_due_on TEXT NOT NULL DEFAULT '';
-- Why staff let the goods leave before it was paid; empty as long as they wait for it.
ALTER TABLE receivables ADD COLUMN deposit_released TEXT NOT NULL DEFAULT '';
CREATE INDEX receivables_deposits ON receivables (deposit_due_on, order_id) WHERE deposit_open > 0;
CREATE INDEX receivables_deposits_of_company ON receivables (company_id, deposit_due_on) WHERE deposit_open > 0;
