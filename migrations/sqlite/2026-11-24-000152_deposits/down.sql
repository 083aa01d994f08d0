DROP INDEX receivables_deposits_of_company;
DROP INDEX receivables_deposits;
ALTER TABLE receivables DROP COLUMN deposit_released;
ALTER TABLE receivables DROP COLUMN deposit_due_on;
ALTER TABLE receivables DROP COLUMN deposit_open;
ALTER TABLE receivables DROP COLUMN deposit;
ALTER TABLE receivables DROP COLUMN deposit_bp;
ALTER TABLE company_accounts DROP COLUMN deposit_days;
ALTER TABLE company_accounts DROP COLUMN deposit_bp;
