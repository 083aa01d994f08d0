DROP TABLE exchanges;
ALTER TABLE return_lines DROP COLUMN instead_id;
ALTER TABLE returns DROP COLUMN exchange;
