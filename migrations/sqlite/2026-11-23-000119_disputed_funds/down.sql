ALTER TABLE payments DROP COLUMN taken;
DROP TABLE disputed_funds;
