-- Goods that come back: what was asked for, what arrived, and what came of it.

CREATE TABLE returns (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    number TEXT NOT NULL UNIQUE,
    order_id BIGINT NOT NULL REFERENCES orders (id),
    -- The form it was asked for by, so that sending it twice asks once.
    request_key TEXT NOT NULL UNIQUE,
    -- Derived from the moments below, stored to be listed by.
    status TEXT NOT NULL CHECK (status IN ('requested', 'approved', 'declined', 'withdrawn', 'received', 'inspected', 'closed')),
    comment TEXT NOT NULL DEFAULT '',
    -- What staff wrote with their answer.
    message TEXT NOT NULL DEFAULT '',
    outcome TEXT CHECK (outcome IN ('refund', 'store_credit', 'nothing')),
    refund_id BIGINT REFERENCES refunds (id),
    requested_at TIMESTAMP NOT NULL,
    approved_at TIMESTAMP,
    declined_at TIMESTAMP,
    withdrawn_at TIMESTAMP,
    received_at TIMESTAMP,
    inspected_at TIMESTAMP,
    closed_at TIMESTAMP,
    CHECK ((closed_at IS NULL) = (outcome IS NULL))
);
CREATE INDEX returns_by_status ON returns (status, id);
CREATE INDEX returns_by_order ON returns (order_id, id);
CREATE TABLE return_lines (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    return_id BIGINT NOT NULL REFERENCES returns (id),
    order_line_id BIGINT NOT NULL REFERENCES order_lines (id),
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    reason TEXT NOT NULL,
    accepted BIGINT NOT NULL DEFAULT 0 CHECK (accepted >= 0 AND accepted <= quantity),
    -- Where accepted units were put back on the shelf; none when they were not.
    location_id BIGINT REFERENCES locations (id),
    -- Accepted units that a refund of this return gave money for.
    refunded BIGINT NOT NULL DEFAULT 0 CHECK (refunded >= 0 AND refunded <= accepted),
    UNIQUE (return_id, order_line_id)
);
CREATE INDEX return_lines_by_line ON return_lines (order_line_id);
CREATE TABLE return_labels (
    return_id BIGINT PRIMARY KEY NOT NULL REFERENCES returns (id),
    content_type TEXT NOT NULL,
    bytes BLOB NOT NULL,
    actor TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL
);
