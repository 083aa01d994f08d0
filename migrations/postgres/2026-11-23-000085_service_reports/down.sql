DROP TABLE service_costs;
DROP INDEX tickets_opened;
