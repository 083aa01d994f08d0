ALTER TABLE sessions DROP COLUMN login_id;
DROP TABLE merge_rows;
DROP TABLE merges;
DROP INDEX customers_merged;
ALTER TABLE customers DROP COLUMN merged_into;
