DROP INDEX articles_of_ticket;
ALTER TABLE articles DROP COLUMN ticket_id;
