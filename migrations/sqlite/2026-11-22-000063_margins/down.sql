DROP INDEX scores_by_margin;
ALTER TABLE scores DROP COLUMN uncosted;
ALTER TABLE scores DROP COLUMN margin;
ALTER TABLE purchases DROP COLUMN uncosted;
ALTER TABLE purchases DROP COLUMN cost;
ALTER TABLE purchases DROP COLUMN given_back;
ALTER TABLE purchases DROP COLUMN goods;
