-- Bulk work (1) waits for everything else (0), so that money and mail are never behind an import.
ALTER TABLE jobs ADD COLUMN priority BIGINT NOT NULL DEFAULT 0;
CREATE INDEX jobs_by_priority ON jobs (state, priority, run_at);
