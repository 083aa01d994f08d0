ALTER TABLE stores DROP COLUMN prices_for;
