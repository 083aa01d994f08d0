-- Several stores over one catalogue, stock and customers. The first row is the main store, whose name, currency and home page are the
-- shop's settings; it is served at every host that no other store has. Stores are closed and never deleted.
CREATE TABLE stores (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    -- The host in ASCII and small letters, without a port; empty for the main store.
    domain TEXT NOT NULL UNIQUE,
    currency TEXT NOT NULL,
    -- Codes separated by blanks; the first has no prefix in addresses.
    languages TEXT NOT NULL,
    -- The part of the catalogue that is sold; all of it without one.
    collection_id BIGINT REFERENCES collections (id),
    -- Assumed before a shopper names theirs; empty for that of the shop.
    country TEXT NOT NULL,
    announcement TEXT NOT NULL,
    -- The layout of the home page as JSON; empty for that of the main store.
    home TEXT NOT NULL,
    open BOOLEAN NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX stores_by_collection ON stores (collection_id);
INSERT INTO stores (name, domain, currency, languages, country, announcement, home, open, version, created_at, updated_at)
VALUES ('', '', '', 'en zh', '', '{}', '', TRUE, 1, datetime('now'), datetime('now'));

-- Without a reference, since SQLite adds no column that has both a reference and a default; the doctor keeps it.
ALTER TABLE carts ADD COLUMN store_id BIGINT NOT NULL DEFAULT 1;
ALTER TABLE orders ADD COLUMN store_id BIGINT NOT NULL DEFAULT 1;
CREATE INDEX orders_by_store ON orders (store_id, placed_at, id);
ALTER TABLE stock_requests ADD COLUMN store_id BIGINT NOT NULL DEFAULT 1;
DROP INDEX stock_requests_open;
CREATE UNIQUE INDEX stock_requests_open ON stock_requests (variant_id, email_key, store_id) WHERE told_at IS NULL;

-- Themes and menus of each store. A store without a row of its own uses those of the main store.
CREATE TABLE themes_of_stores (
    store_id BIGINT NOT NULL REFERENCES stores (id),
    id BIGINT NOT NULL,
    content TEXT NOT NULL,
    published_by TEXT NOT NULL,
    published_at TIMESTAMP NOT NULL,
    PRIMARY KEY (store_id, id)
);
INSERT INTO themes_of_stores SELECT 1, id, content, published_by, published_at FROM themes;
DROP TABLE themes;
ALTER TABLE themes_of_stores RENAME TO themes;
CREATE TABLE menus_of_stores (
    store_id BIGINT NOT NULL REFERENCES stores (id),
    place TEXT NOT NULL,
    content TEXT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (store_id, place)
);
INSERT INTO menus_of_stores SELECT 1, place, content, version FROM menus;
DROP TABLE menus;
ALTER TABLE menus_of_stores RENAME TO menus;
