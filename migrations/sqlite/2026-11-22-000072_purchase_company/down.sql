ALTER TABLE purchases DROP COLUMN company;
