-- storefront: what other systems call the shop's orders, customers and companies, and the orders in the order of their changes.
CREATE TABLE external_refs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- order, customer or company.
    kind TEXT NOT NULL,
    -- Whose number it is.
    system TEXT NOT NULL,
    external_id TEXT NOT NULL,
    internal_id BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    UNIQUE (kind, system, external_id),
    UNIQUE (kind, system, internal_id)
);
CREATE INDEX external_refs_of ON external_refs (kind, internal_id);

-- One row for each order, with the number of its last change.
CREATE TABLE order_feed (
    order_id BIGINT PRIMARY KEY REFERENCES orders (id),
    seq BIGINT NOT NULL UNIQUE
);

-- Its one row is locked by whoever takes the next number, so that numbers become visible in their order.
CREATE TABLE order_feed_state (
    id BIGINT PRIMARY KEY,
    last BIGINT NOT NULL DEFAULT 0,
    -- Whether anybody follows the orders.
    begun BOOLEAN NOT NULL DEFAULT FALSE,
    -- The last order of those from before that has a number; none when all have.
    filled_to BIGINT,
    -- The last change that was written into the folder, and the one whose file is ready to be renamed.
    filed BIGINT NOT NULL DEFAULT 0,
    staged BIGINT NOT NULL DEFAULT 0
);
INSERT INTO order_feed_state (id, last, begun, filled_to)
SELECT 1, 0, EXISTS (SELECT 1 FROM api_keys WHERE scopes LIKE '%orders:read%'), 0;
UPDATE order_feed_state SET filled_to = NULL WHERE NOT begun;

-- Files of rows that came by the folder.
CREATE TABLE erp_files (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    -- SHA-256 of name, time and content: a file is taken once.
    digest TEXT NOT NULL UNIQUE,
    -- Rows that were worked through, and those of them that changed something or were refused.
    done BIGINT NOT NULL DEFAULT 0,
    changed BIGINT NOT NULL DEFAULT 0,
    refused BIGINT NOT NULL DEFAULT 0,
    -- Lines with why they were refused, as JSON.
    errors TEXT NOT NULL DEFAULT '[]',
    created_at TIMESTAMP NOT NULL
);
