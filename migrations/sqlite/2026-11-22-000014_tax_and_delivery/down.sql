ALTER TABLE order_lines DROP COLUMN taxes;
ALTER TABLE orders DROP COLUMN pickup_location_id;
ALTER TABLE orders DROP COLUMN taxation;
ALTER TABLE shipping_rates DROP COLUMN location_id;
ALTER TABLE shipping_rates DROP COLUMN percent_bp;
ALTER TABLE shipping_rates DROP COLUMN bands;
ALTER TABLE shipping_rates DROP COLUMN kind;
ALTER TABLE locations DROP COLUMN hours;
ALTER TABLE locations DROP COLUMN address;
CREATE TABLE tax_rates_by_country (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    country TEXT NOT NULL,
    tax_class TEXT NOT NULL,
    name TEXT NOT NULL,
    rate_bp BIGINT NOT NULL CHECK (rate_bp >= 0 AND rate_bp <= 10000),
    UNIQUE (country, tax_class)
);
INSERT INTO tax_rates_by_country (id, country, tax_class, name, rate_bp)
    SELECT id, country, tax_class, name, rate_ppm / 100 FROM tax_rates WHERE region = '' AND postal_codes = '' AND level = 1;
DROP TABLE tax_rates;
ALTER TABLE tax_rates_by_country RENAME TO tax_rates;
