-- Where an order goes, for the filter of the list. Orders are listed by when they were placed: those of an import are old.
ALTER TABLE orders ADD COLUMN country TEXT NOT NULL DEFAULT '';
UPDATE orders SET country = coalesce(json_extract(shipping_address, '$.country'), '');

-- Every filter alone finds its newest orders without sorting.
DROP INDEX orders_by_customer;
DROP INDEX orders_by_status;
DROP INDEX orders_by_payment_status;
DROP INDEX orders_by_fulfilment_status;
DROP INDEX orders_by_email;
CREATE INDEX orders_by_placed ON orders (placed_at, id);
CREATE INDEX orders_by_customer ON orders (customer_id, placed_at, id);
CREATE INDEX orders_by_status ON orders (status, placed_at, id);
CREATE INDEX orders_by_payment_status ON orders (payment_status, placed_at, id);
CREATE INDEX orders_by_fulfilment_status ON orders (fulfilment_status, placed_at, id);
CREATE INDEX orders_by_email ON orders (email, placed_at, id);
CREATE INDEX orders_by_country ON orders (country, placed_at, id);
CREATE INDEX orders_by_payment_method ON orders (payment_method, placed_at, id);

-- The words an order is found by, normalised, compared byte by byte.
CREATE TABLE order_terms (
    term TEXT NOT NULL,
    order_id BIGINT NOT NULL REFERENCES orders (id),
    PRIMARY KEY (term, order_id)
) WITHOUT ROWID;
CREATE INDEX order_terms_by_order ON order_terms (order_id, term);
-- Orders that are there already get their words by a job, a few at a time.
INSERT INTO jobs (kind, payload, run_at, created_at)
SELECT 'orders.terms', '0', datetime('now'), datetime('now') WHERE EXISTS (SELECT 1 FROM orders);

-- The last number of each series. It moves in the transaction that writes the document, so no number is lost or used twice.
CREATE TABLE document_series (
    name TEXT PRIMARY KEY NOT NULL,
    last BIGINT NOT NULL CHECK (last > 0)
);
-- What was written on an invoice or a credit note, for good.
CREATE TABLE documents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('invoice', 'credit_note')),
    number BIGINT NOT NULL CHECK (number > 0),
    label TEXT NOT NULL,
    order_id BIGINT NOT NULL REFERENCES orders (id),
    -- A document of the same table; the doctor keeps it.
    invoice_id BIGINT,
    refund_id BIGINT UNIQUE REFERENCES refunds (id),
    currency TEXT NOT NULL,
    tax BIGINT NOT NULL CHECK (tax >= 0),
    total BIGINT NOT NULL CHECK (total >= 0),
    content TEXT NOT NULL,
    issued_at TIMESTAMP NOT NULL,
    UNIQUE (kind, number),
    CHECK ((kind = 'credit_note') = (invoice_id IS NOT NULL))
);
CREATE INDEX documents_by_order ON documents (order_id, id);
CREATE UNIQUE INDEX documents_one_invoice ON documents (order_id) WHERE kind = 'invoice';
