ALTER TABLE quote_lines DROP COLUMN unit_precision;
ALTER TABLE quote_lines DROP COLUMN unit;
ALTER TABLE order_lines DROP COLUMN unit_precision;
ALTER TABLE order_lines DROP COLUMN unit;
ALTER TABLE variants DROP COLUMN unit_precision;
ALTER TABLE variants DROP COLUMN unit;
