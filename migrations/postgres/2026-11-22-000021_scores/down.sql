DROP INDEX customers_by_name;
ALTER TABLE customers DROP COLUMN name_key;
DROP TABLE score_runs;
DROP TABLE stage_changes;
DROP TABLE scores;
