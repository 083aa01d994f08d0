ALTER TABLE enrolments DROP COLUMN subject;
