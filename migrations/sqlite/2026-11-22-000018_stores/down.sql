CREATE TABLE menus_of_the_shop (
    place TEXT NOT NULL PRIMARY KEY,
    content TEXT NOT NULL,
    version BIGINT NOT NULL
);
INSERT INTO menus_of_the_shop SELECT place, content, version FROM menus WHERE store_id = 1;
DROP TABLE menus;
ALTER TABLE menus_of_the_shop RENAME TO menus;
CREATE TABLE themes_of_the_shop (
    id BIGINT NOT NULL PRIMARY KEY,
    content TEXT NOT NULL,
    published_by TEXT NOT NULL,
    published_at TIMESTAMP NOT NULL
);
INSERT INTO themes_of_the_shop SELECT id, content, published_by, published_at FROM themes WHERE store_id = 1;
DROP TABLE themes;
ALTER TABLE themes_of_the_shop RENAME TO themes;

DROP INDEX stock_requests_open;
DELETE FROM stock_requests WHERE told_at IS NULL AND EXISTS (
    SELECT 1 FROM stock_requests earlier WHERE earlier.told_at IS NULL AND earlier.variant_id = stock_requests.variant_id
    AND earlier.email_key = stock_requests.email_key AND earlier.id < stock_requests.id);
CREATE UNIQUE INDEX stock_requests_open ON stock_requests (variant_id, email_key) WHERE told_at IS NULL;
ALTER TABLE stock_requests DROP COLUMN store_id;
DROP INDEX orders_by_store;
ALTER TABLE orders DROP COLUMN store_id;
ALTER TABLE carts DROP COLUMN store_id;
DROP TABLE stores;
