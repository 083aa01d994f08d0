-- Taxes by zone that add up, and deliveries by table, by percentage and to a place where the buyer picks the goods up.

CREATE TABLE tax_rates_by_zone (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    country TEXT NOT NULL,
    tax_class TEXT NOT NULL,
    name TEXT NOT NULL,
    rate_ppm BIGINT NOT NULL CHECK (rate_ppm >= 0 AND rate_ppm <= 1000000),
    region TEXT NOT NULL DEFAULT '',
    postal_codes TEXT NOT NULL DEFAULT '',
    level BIGINT NOT NULL DEFAULT 1 CHECK (level >= 1 AND level <= 9),
    compound BOOLEAN NOT NULL DEFAULT FALSE,
    UNIQUE (country, region, postal_codes, tax_class, level)
);
INSERT INTO tax_rates_by_zone (id, country, tax_class, name, rate_ppm)
    SELECT id, country, tax_class, name, rate_bp * 100 FROM tax_rates;
DROP TABLE tax_rates;
ALTER TABLE tax_rates_by_zone RENAME TO tax_rates;

ALTER TABLE locations ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE locations ADD COLUMN hours TEXT NOT NULL DEFAULT '';

ALTER TABLE shipping_rates ADD COLUMN kind TEXT NOT NULL DEFAULT 'flat';
ALTER TABLE shipping_rates ADD COLUMN bands TEXT NOT NULL DEFAULT '[]';
ALTER TABLE shipping_rates ADD COLUMN percent_bp BIGINT NOT NULL DEFAULT 0;
ALTER TABLE shipping_rates ADD COLUMN location_id BIGINT REFERENCES locations (id);

ALTER TABLE orders ADD COLUMN taxation TEXT NOT NULL DEFAULT '{}';
ALTER TABLE orders ADD COLUMN pickup_location_id BIGINT REFERENCES locations (id);
ALTER TABLE order_lines ADD COLUMN taxes TEXT NOT NULL DEFAULT '[]';
