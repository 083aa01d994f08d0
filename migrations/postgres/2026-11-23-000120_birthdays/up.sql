-- crm: the birthday of a customer who said it, as month and day (`05-31`); empty of everybody else. No year: nobody's age is asked for.
ALTER TABLE customers ADD COLUMN birthday TEXT NOT NULL DEFAULT '';
CREATE INDEX customers_birthday ON customers (birthday) WHERE birthday <> '';
