-- Taxes by zone that add up, and deliveries by table, by percentage and to a place where the buyer picks the goods up.

ALTER TABLE tax_rates DROP CONSTRAINT tax_rates_rate_bp_check;
ALTER TABLE tax_rates DROP CONSTRAINT tax_rates_country_tax_class_key;
ALTER TABLE tax_rates RENAME COLUMN rate_bp TO rate_ppm;
UPDATE tax_rates SET rate_ppm = rate_ppm * 100;
ALTER TABLE tax_rates ADD CONSTRAINT tax_rates_rate_ppm_check CHECK (rate_ppm >= 0 AND rate_ppm <= 1000000);
ALTER TABLE tax_rates ADD COLUMN region TEXT NOT NULL DEFAULT '';
ALTER TABLE tax_rates ADD COLUMN postal_codes TEXT NOT NULL DEFAULT '';
ALTER TABLE tax_rates ADD COLUMN level BIGINT NOT NULL DEFAULT 1 CHECK (level >= 1 AND level <= 9);
ALTER TABLE tax_rates ADD COLUMN compound BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE tax_rates ADD CONSTRAINT tax_rates_zone_key UNIQUE (country, region, postal_codes, tax_class, level);

ALTER TABLE locations ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE locations ADD COLUMN hours TEXT NOT NULL DEFAULT '';

ALTER TABLE shipping_rates ADD COLUMN kind TEXT NOT NULL DEFAULT 'flat';
ALTER TABLE shipping_rates ADD COLUMN bands TEXT NOT NULL DEFAULT '[]';
ALTER TABLE shipping_rates ADD COLUMN percent_bp BIGINT NOT NULL DEFAULT 0;
ALTER TABLE shipping_rates ADD COLUMN location_id BIGINT REFERENCES locations (id);

ALTER TABLE orders ADD COLUMN taxation TEXT NOT NULL DEFAULT '{}';
ALTER TABLE orders ADD COLUMN pickup_location_id BIGINT REFERENCES locations (id);
ALTER TABLE order_lines ADD COLUMN taxes TEXT NOT NULL DEFAULT '[]';
