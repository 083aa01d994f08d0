DROP INDEX delivery_counts_waiting;
DROP INDEX deliveries_untold;
DROP INDEX deliveries_ready;
CREATE INDEX deliveries_due ON deliveries (campaign_id, due_at, id) WHERE state = 'waiting';
ALTER TABLE campaigns DROP COLUMN decision;
ALTER TABLE campaigns DROP COLUMN tried_at;
ALTER TABLE campaigns DROP COLUMN next_at;
ALTER TABLE campaigns DROP COLUMN host;
ALTER TABLE campaigns DROP COLUMN zone;
