ALTER TABLE campaign_variants DROP COLUMN goes_at;
