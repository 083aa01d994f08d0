DROP INDEX refunds_by_reference;
DELETE FROM payment_cases WHERE kind <> 'unwanted';
DROP INDEX payment_cases_by_order;
ALTER TABLE payment_cases DROP CONSTRAINT payment_cases_once;
ALTER TABLE payment_cases DROP COLUMN seen_by;
ALTER TABLE payment_cases DROP COLUMN note;
ALTER TABLE payment_cases DROP COLUMN subject_id;
ALTER TABLE payment_cases DROP COLUMN kind;
ALTER TABLE payment_cases ADD CONSTRAINT payment_cases_payment_id_key UNIQUE (payment_id);
