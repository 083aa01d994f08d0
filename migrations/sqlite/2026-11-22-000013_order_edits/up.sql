-- Orders that staff change before they are shipped: each change with the sums before and after, and what it did to each line.
CREATE TABLE order_edits (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    order_id BIGINT NOT NULL REFERENCES orders (id),
    total_before BIGINT NOT NULL,
    total_after BIGINT NOT NULL,
    tax_before BIGINT NOT NULL,
    tax_after BIGINT NOT NULL,
    -- What was asked for, and what was given back, when it was made.
    due BIGINT NOT NULL CHECK (due >= 0),
    given_back BIGINT NOT NULL CHECK (given_back >= 0),
    changes TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    actor TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX order_edits_by_order ON order_edits (order_id, id);

-- Money that an order does not come to any more. It is about no line: the lines say what is left.
ALTER TABLE refunds ADD COLUMN surplus BOOLEAN NOT NULL DEFAULT FALSE;

-- An edited order is invoiced anew, after its invoice was taken back whole.
ALTER TABLE documents ADD COLUMN edition BIGINT NOT NULL DEFAULT 1;
DROP INDEX documents_one_invoice;
CREATE UNIQUE INDEX documents_one_invoice ON documents (order_id, edition) WHERE kind = 'invoice';
