DROP INDEX customers_birthday;
ALTER TABLE customers DROP COLUMN birthday;
