ALTER TABLE scores DROP COLUMN credited;
ALTER TABLE scores DROP COLUMN service;
