DROP TABLE stock_requests;
DROP INDEX stock_levels_low;
ALTER TABLE stock_levels DROP COLUMN expected_on;
ALTER TABLE stock_levels DROP COLUMN low_at;
ALTER TABLE stock_movements DROP COLUMN location_id;
DROP TABLE location_levels;
DROP TABLE locations;
