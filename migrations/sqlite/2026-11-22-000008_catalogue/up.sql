-- When products are shown, where old addresses lead, what prices were, and changes of many products at once.

ALTER TABLE products ADD COLUMN publish_from TIMESTAMP;
ALTER TABLE products ADD COLUMN publish_until TIMESTAMP;
-- Active and within its time: derived by one function, and kept so that lists find it by an index.
ALTER TABLE products ADD COLUMN listed BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE products SET listed = TRUE WHERE status = 'active';
DROP INDEX products_by_published;
CREATE INDEX products_by_published ON products (listed, published_at, id);
CREATE INDEX products_by_listed ON products (listed, id);
CREATE INDEX products_by_brand ON products (brand, id);

-- The tags of products once more, to be looked up by.
CREATE TABLE product_tags (
    product_id BIGINT NOT NULL REFERENCES products (id),
    tag TEXT NOT NULL,
    PRIMARY KEY (tag, product_id)
);
CREATE INDEX product_tags_by_product ON product_tags (product_id);
INSERT INTO product_tags (product_id, tag)
    SELECT DISTINCT products.id, tags.value FROM products, json_each(products.tags) AS tags WHERE tags.type = 'text';

-- Products gathered by hand (without a rule) or by a rule. The members of a rule follow the products.
CREATE TABLE collections (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    active BOOLEAN NOT NULL DEFAULT TRUE,
    rule TEXT,
    updated_at TIMESTAMP NOT NULL
);
CREATE TABLE collection_texts (
    collection_id BIGINT NOT NULL REFERENCES collections (id),
    language TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (collection_id, language)
);
CREATE TABLE collection_products (
    collection_id BIGINT NOT NULL REFERENCES collections (id),
    product_id BIGINT NOT NULL REFERENCES products (id),
    position BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (collection_id, product_id)
);
CREATE INDEX collection_products_by_position ON collection_products (collection_id, position, product_id);
CREATE INDEX collection_products_by_product ON collection_products (product_id);

-- An old address of a product, a category or a collection, or one that staff wrote down with where it leads.
CREATE TABLE redirects (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    path TEXT NOT NULL UNIQUE,
    target TEXT NOT NULL DEFAULT '',
    product_id BIGINT REFERENCES products (id),
    category_id BIGINT REFERENCES categories (id),
    collection_id BIGINT REFERENCES collections (id),
    CHECK ((CASE WHEN target <> '' THEN 1 ELSE 0 END) + (CASE WHEN product_id IS NULL THEN 0 ELSE 1 END)
        + (CASE WHEN category_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN collection_id IS NULL THEN 0 ELSE 1 END) = 1)
);
CREATE INDEX redirects_by_product ON redirects (product_id);
CREATE INDEX redirects_by_category ON redirects (category_id);
CREATE INDEX redirects_by_collection ON redirects (collection_id);

-- Every change of a price. Rows are only ever added. `reduced` marks the change with which a reduction was announced.
CREATE TABLE price_changes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    variant_id BIGINT NOT NULL REFERENCES variants (id),
    currency TEXT NOT NULL,
    old_amount BIGINT,
    new_amount BIGINT,
    old_compare_at BIGINT,
    new_compare_at BIGINT,
    reduced BOOLEAN NOT NULL,
    actor TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX price_changes_by_variant ON price_changes (variant_id, currency, id);

-- A change of many products: what is wanted of each is kept before it is confirmed, and what became of it.
CREATE TABLE batches (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('edit', 'import')),
    name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('draft', 'running', 'done', 'undoing', 'undone')),
    staff TEXT NOT NULL,
    currency TEXT NOT NULL,
    total BIGINT NOT NULL,
    variants BIGINT NOT NULL,
    finished BIGINT NOT NULL DEFAULT 0,
    created BIGINT NOT NULL DEFAULT 0,
    changed BIGINT NOT NULL DEFAULT 0,
    unchanged BIGINT NOT NULL DEFAULT 0,
    skipped BIGINT NOT NULL DEFAULT 0,
    created_at TIMESTAMP NOT NULL,
    started_at TIMESTAMP,
    finished_at TIMESTAMP
);
CREATE TABLE batch_rows (
    batch_id BIGINT NOT NULL REFERENCES batches (id),
    position BIGINT NOT NULL,
    product_id BIGINT REFERENCES products (id),
    label TEXT NOT NULL,
    line BIGINT NOT NULL DEFAULT 0,
    seen TIMESTAMP,
    wanted TEXT NOT NULL,
    before TEXT NOT NULL DEFAULT '',
    after TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL CHECK (state IN ('waiting', 'created', 'changed', 'unchanged', 'skipped', 'refused', 'undone', 'kept')),
    note TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (batch_id, position)
);
CREATE INDEX batch_rows_by_state ON batch_rows (batch_id, state, position);
CREATE INDEX batch_rows_by_product ON batch_rows (product_id);

-- What somebody of the staff looks for again and again.
CREATE TABLE saved_filters (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    staff_id BIGINT NOT NULL REFERENCES staff (id),
    shared BOOLEAN NOT NULL,
    name TEXT NOT NULL,
    query TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    UNIQUE (staff_id, name)
);
