-- crm: the product that somebody entered a journey because of.
ALTER TABLE enrolments ADD COLUMN subject BIGINT;
