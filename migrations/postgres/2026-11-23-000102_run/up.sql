-- crm: how a campaign runs. The clock its plan is read by and the host of its Message-IDs, as they were when it was scheduled.
ALTER TABLE campaigns ADD COLUMN zone TEXT NOT NULL DEFAULT 'UTC';
ALTER TABLE campaigns ADD COLUMN host TEXT NOT NULL DEFAULT '';
-- Nothing is handed over before: the window is closed, or the hour has had its mails.
ALTER TABLE campaigns ADD COLUMN next_at TIMESTAMP;
-- When the last mail of the trial had left, and how it was decided (JSON).
ALTER TABLE campaigns ADD COLUMN tried_at TIMESTAMP;
ALTER TABLE campaigns ADD COLUMN decision TEXT NOT NULL DEFAULT '';
-- What can be claimed, and what waits for the end of a trial.
DROP INDEX deliveries_due;
CREATE INDEX deliveries_ready ON deliveries (campaign_id, due_at, id) WHERE state = 'waiting' AND variant_id IS NOT NULL;
CREATE INDEX deliveries_untold ON deliveries (campaign_id, id) WHERE state = 'waiting' AND variant_id IS NULL;
-- The campaigns with mails that wait: few, however many there were.
CREATE INDEX delivery_counts_waiting ON delivery_counts (campaign_id, variant_id) WHERE what = 'waiting' AND count > 0;
