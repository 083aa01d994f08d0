DROP INDEX jobs_by_priority;
ALTER TABLE jobs DROP COLUMN priority;
