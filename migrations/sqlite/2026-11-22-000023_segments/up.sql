-- crm: rules over customers, who belongs to which segment, and what an order's place and a product's kind say for them.

ALTER TABLE purchases ADD COLUMN country TEXT NOT NULL DEFAULT '';
ALTER TABLE purchases ADD COLUMN postcode TEXT NOT NULL DEFAULT '';
UPDATE purchases SET
    country = COALESCE((SELECT json_extract(orders.shipping_address, '$.country') FROM orders WHERE orders.id = purchases.order_id), ''),
    postcode = COALESCE((SELECT upper(replace(json_extract(orders.shipping_address, '$.postal_code'), ' ', '')) FROM orders WHERE orders.id = purchases.order_id), '');

-- Tags are looked for between commas, each followed by one space.
UPDATE customers SET tags = replace(replace(trim(tags), ', ', ','), ',', ', ') WHERE tags LIKE '%,%';

-- What a product is, for rules: its categories with those above them, by id, and its brand.
CREATE TABLE product_kin (
    product_id BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('category', 'brand')),
    key TEXT NOT NULL,
    PRIMARY KEY (kind, key, product_id)
) WITHOUT ROWID;
CREATE INDEX product_kin_by_product ON product_kin (product_id);

INSERT INTO product_kin (product_id, kind, key) SELECT id, 'brand', brand FROM products WHERE brand <> '';
INSERT INTO product_kin (product_id, kind, key)
WITH RECURSIVE above (product_id, category_id) AS (
    SELECT product_id, category_id FROM product_categories
    UNION
    SELECT above.product_id, categories.parent_id FROM above
    JOIN categories ON categories.id = above.category_id
    WHERE categories.parent_id IS NOT NULL
)
SELECT product_id, 'category', CAST(category_id AS TEXT) FROM above;

CREATE TABLE segments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    note TEXT NOT NULL DEFAULT '',
    -- The rule as JSON.
    rule TEXT NOT NULL,
    -- Whether the rows of its customers are what the rule says; they are not from a change until the next build.
    state TEXT NOT NULL CHECK (state IN ('built', 'due')),
    -- Counts the changes of the rule and of what it asks about that no row was told of.
    doubts BIGINT NOT NULL DEFAULT 0,
    -- Counts the builds begun; `running` until the last of them ended.
    build BIGINT NOT NULL DEFAULT 0,
    running BOOLEAN NOT NULL DEFAULT FALSE,
    begun_at TIMESTAMP,
    -- Members when they were last counted, and how long the last build took.
    size BIGINT NOT NULL DEFAULT 0,
    sized_at TIMESTAMP,
    build_millis BIGINT NOT NULL DEFAULT 0,
    version BIGINT NOT NULL DEFAULT 1,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);

-- Who is a member, and who may become one by the passing of time alone. A million rows are written at once: they refer to no other table.
CREATE TABLE segment_states (
    segment_id BIGINT NOT NULL,
    customer_id BIGINT NOT NULL,
    member BOOLEAN NOT NULL,
    since TIMESTAMP NOT NULL,
    -- Until then nothing but a new fact changes it.
    changes_at TIMESTAMP,
    -- The build that was the last begun when it was written.
    build BIGINT NOT NULL,
    PRIMARY KEY (segment_id, customer_id)
) WITHOUT ROWID;
CREATE INDEX segment_states_due ON segment_states (segment_id, changes_at) WHERE changes_at IS NOT NULL;

CREATE TABLE segment_history (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    segment_id BIGINT NOT NULL,
    customer_id BIGINT NOT NULL,
    entered BOOLEAN NOT NULL,
    happened_at TIMESTAMP NOT NULL,
    why TEXT NOT NULL
);
CREATE INDEX segment_history_by_segment ON segment_history (segment_id, id);

-- Members at the last count of each day.
CREATE TABLE segment_sizes (
    segment_id BIGINT NOT NULL,
    day TEXT NOT NULL,
    size BIGINT NOT NULL,
    PRIMARY KEY (segment_id, day)
);
