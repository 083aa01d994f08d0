DROP INDEX documents_by_moment;
DROP TABLE dunning_levels;
DROP TABLE company_account_entries;
DROP TABLE receivables;
DROP TABLE company_accounts;
