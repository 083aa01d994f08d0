-- What a customer wants to have some day, the newest last. A product stands there once.
CREATE TABLE wish_list_items (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id BIGINT NOT NULL REFERENCES customers (id),
    product_id BIGINT NOT NULL REFERENCES products (id),
    added_at TIMESTAMP NOT NULL,
    UNIQUE (customer_id, product_id)
);
CREATE INDEX wish_list_items_of_product ON wish_list_items (product_id);
