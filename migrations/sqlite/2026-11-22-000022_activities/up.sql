-- crm: what each order was made of, what happened with each customer in the order of time, and which browser was whose.

CREATE TABLE purchase_lines (
    customer_id BIGINT NOT NULL REFERENCES customers (id),
    order_id BIGINT NOT NULL,
    variant_id BIGINT NOT NULL,
    product_id BIGINT NOT NULL,
    purchased_at TIMESTAMP NOT NULL,
    quantity BIGINT NOT NULL,
    -- What was paid for it, in minor units of the order's currency.
    amount BIGINT NOT NULL,
    PRIMARY KEY (customer_id, order_id, variant_id)
) WITHOUT ROWID;
CREATE INDEX purchase_lines_by_product ON purchase_lines (product_id, customer_id, purchased_at);

INSERT INTO purchase_lines (customer_id, order_id, variant_id, product_id, purchased_at, quantity, amount)
SELECT purchases.customer_id, purchases.order_id, variants.id, variants.product_id, purchases.purchased_at,
    SUM(order_lines.quantity), SUM(order_lines.total)
FROM purchases
JOIN order_lines ON order_lines.order_id = purchases.order_id
JOIN variants ON variants.id = order_lines.variant_id
GROUP BY purchases.customer_id, purchases.order_id, variants.id, variants.product_id, purchases.purchased_at;

-- A browser whose visitor allowed it to be recognised. `secret` is the hash of its cookie.
CREATE TABLE trails (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    secret TEXT NOT NULL UNIQUE,
    customer_id BIGINT REFERENCES customers (id),
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX trails_by_customer ON trails (customer_id, id);

-- Why a trail is somebody's. An edge that was undone stays, with its moment.
CREATE TABLE identity_edges (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    trail_id BIGINT NOT NULL REFERENCES trails (id),
    customer_id BIGINT NOT NULL REFERENCES customers (id),
    evidence TEXT NOT NULL CHECK (evidence IN ('sign_in', 'checkout', 'mail_link')),
    proof TEXT NOT NULL,
    joined_at TIMESTAMP NOT NULL,
    undone_at TIMESTAMP
);
CREATE UNIQUE INDEX identity_edges_standing ON identity_edges (trail_id) WHERE undone_at IS NULL;
CREATE INDEX identity_edges_by_customer ON identity_edges (customer_id, id);

-- What happened, one row each. Without a customer: by a visitor nobody knows yet.
CREATE TABLE activities (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id BIGINT REFERENCES customers (id),
    trail_id BIGINT REFERENCES trails (id),
    kind TEXT NOT NULL,
    happened_at TIMESTAMP NOT NULL,
    source TEXT NOT NULL,
    dedupe_key TEXT NOT NULL,
    -- The product, order, return or mail that it is about.
    subject BIGINT,
    amount BIGINT,
    currency TEXT,
    -- Words of it, such as an order's number or what was searched for.
    detail TEXT NOT NULL DEFAULT '',
    UNIQUE (source, dedupe_key)
);
CREATE INDEX activities_by_customer ON activities (customer_id, happened_at, id);
CREATE INDEX activities_by_customer_kind ON activities (customer_id, kind, happened_at, id);
CREATE INDEX activities_by_kind ON activities (kind, happened_at, customer_id);
CREATE INDEX activities_by_trail ON activities (trail_id, id);
