-- crm: lists of what to recommend, figured at night; the merchant's rules about them; how they do.

CREATE TABLE recommendation_runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run_at TIMESTAMP NOT NULL,
    buyers BIGINT NOT NULL,
    products BIGINT NOT NULL,
    milliseconds BIGINT NOT NULL,
    -- What the shop's last month said about the lists, as JSON.
    measure TEXT NOT NULL
);

-- A list is one row: it is read whole and swapped whole.
CREATE TABLE product_companions (
    product_id BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('together', 'complete')),
    companions TEXT NOT NULL,
    PRIMARY KEY (product_id, kind)
) WITHOUT ROWID;

CREATE TABLE customer_picks (
    customer_id BIGINT PRIMARY KEY NOT NULL REFERENCES customers (id),
    picks TEXT NOT NULL
);

CREATE TABLE popular_products (
    rank BIGINT PRIMARY KEY NOT NULL,
    product_id BIGINT NOT NULL
);

-- Products that are never recommended.
CREATE TABLE recommendation_exclusions (
    product_id BIGINT PRIMARY KEY NOT NULL REFERENCES products (id),
    created_at TIMESTAMP NOT NULL
);

-- Products that stand first beside another one.
CREATE TABLE recommendation_pins (
    product_id BIGINT NOT NULL REFERENCES products (id),
    other_id BIGINT NOT NULL REFERENCES products (id),
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (product_id, other_id)
) WITHOUT ROWID;
CREATE INDEX recommendation_pins_by_other ON recommendation_pins (other_id);

-- How often a shelf was seen, clicked and bought from, by days.
CREATE TABLE recommendation_counts (
    day TIMESTAMP NOT NULL,
    shelf TEXT NOT NULL CHECK (shelf IN ('together', 'complete', 'again', 'for_you')),
    arm TEXT NOT NULL CHECK (arm IN ('model', 'popular')),
    views BIGINT NOT NULL,
    clicks BIGINT NOT NULL,
    orders BIGINT NOT NULL,
    PRIMARY KEY (day, shelf, arm)
) WITHOUT ROWID;
