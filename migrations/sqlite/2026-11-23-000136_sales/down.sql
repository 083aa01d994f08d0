DROP TABLE commission_rates;
DROP TABLE company_owners;
DROP TABLE opportunity_activities;
DROP TABLE opportunity_history;
DROP TABLE opportunities;
DROP TABLE sales_stages;
