-- Where goods lie, what runs low, and who waits for what is sold out.

CREATE TABLE locations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    position BIGINT NOT NULL,
    active BOOLEAN NOT NULL DEFAULT TRUE
);
CREATE TABLE location_levels (
    location_id BIGINT NOT NULL REFERENCES locations (id),
    variant_id BIGINT NOT NULL REFERENCES variants (id),
    on_hand BIGINT NOT NULL CHECK (on_hand >= 0),
    PRIMARY KEY (variant_id, location_id)
);
CREATE INDEX location_levels_by_location ON location_levels (location_id, variant_id);

ALTER TABLE stock_movements ADD COLUMN location_id BIGINT REFERENCES locations (id);
ALTER TABLE stock_levels ADD COLUMN low_at BIGINT CHECK (low_at >= 0);
ALTER TABLE stock_levels ADD COLUMN expected_on TIMESTAMP;
CREATE INDEX stock_levels_low ON stock_levels (variant_id) WHERE tracked AND on_hand - allocated - held <= low_at;

-- What was in the house until now lies in one place.
INSERT INTO locations (name, position) VALUES ('Main', 1);
INSERT INTO location_levels (location_id, variant_id, on_hand)
    SELECT locations.id, stock_levels.variant_id, stock_levels.on_hand FROM stock_levels, locations WHERE stock_levels.on_hand > 0;
UPDATE stock_movements SET location_id = (SELECT id FROM locations) WHERE on_hand <> 0;

CREATE TABLE stock_requests (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    variant_id BIGINT NOT NULL REFERENCES variants (id),
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    language TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    told_at TIMESTAMP
);
CREATE UNIQUE INDEX stock_requests_open ON stock_requests (variant_id, email_key) WHERE told_at IS NULL;
CREATE INDEX stock_requests_told ON stock_requests (variant_id, told_at);
