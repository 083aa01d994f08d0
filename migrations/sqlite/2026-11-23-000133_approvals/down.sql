DROP TABLE budget_entries;
DROP TABLE budget_periods;
DROP TABLE budgets;
DROP TABLE approval_votes;
DROP TABLE approvals;
DROP TABLE approval_delegates;
DROP TABLE approval_rules;
