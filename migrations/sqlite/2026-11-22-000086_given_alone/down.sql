ALTER TABLE ticket_proposals DROP COLUMN solve;
DROP TABLE given_alone;
