-- crm: complaints, and payments that somebody disputes with their bank: what is claimed, by when the shop answers, and what was decided.
CREATE TABLE disputes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- What people call it, such as D1001.
    number TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('complaint', 'payment')),
    -- The provider's id of a disputed payment, and of when is what it said last.
    provider_key TEXT UNIQUE,
    told_at TIMESTAMP,
    reason TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount >= 0),
    currency TEXT NOT NULL,
    about TEXT NOT NULL DEFAULT '',
    customer_id BIGINT REFERENCES customers (id),
    order_id BIGINT REFERENCES orders (id),
    ticket_id BIGINT REFERENCES tickets (id),
    state TEXT NOT NULL CHECK (state IN ('open', 'decided', 'appealed', 'closed')),
    -- By when the shop has to answer; far away without a deadline.
    due_at TIMESTAMP NOT NULL,
    answered_at TIMESTAMP,
    outcome TEXT CHECK (outcome IN ('upheld', 'partly', 'rejected', 'withdrawn')),
    decision TEXT NOT NULL DEFAULT '',
    decided_at TIMESTAMP,
    -- There is one appeal.
    appealed_at TIMESTAMP,
    -- What the customer was given by it, or what the bank took.
    given BIGINT NOT NULL DEFAULT 0 CHECK (given >= 0),
    version BIGINT NOT NULL DEFAULT 1,
    opened_at TIMESTAMP NOT NULL,
    changed_at TIMESTAMP NOT NULL,
    CHECK ((kind = 'payment') = (provider_key IS NOT NULL)),
    CHECK ((state IN ('decided', 'closed')) = (outcome IS NOT NULL))
);
CREATE INDEX disputes_by_deadline ON disputes (due_at, id) WHERE state IN ('open', 'appealed');
CREATE INDEX disputes_of_customer ON disputes (customer_id, id) WHERE customer_id IS NOT NULL;
CREATE INDEX disputes_of_order ON disputes (order_id, id) WHERE order_id IS NOT NULL;
CREATE INDEX disputes_of_ticket ON disputes (ticket_id, id) WHERE ticket_id IS NOT NULL;

-- What speaks for one side or the other.
CREATE TABLE dispute_evidence (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    dispute_id BIGINT NOT NULL REFERENCES disputes (id),
    kind TEXT NOT NULL CHECK (kind IN ('text', 'file', 'order', 'shipment', 'ticket')),
    -- The words, or the number of what it leads to.
    body TEXT NOT NULL DEFAULT '',
    -- Of a file: its name, and what its content says that it is.
    name TEXT NOT NULL DEFAULT '',
    content_type TEXT NOT NULL DEFAULT '',
    size BIGINT NOT NULL DEFAULT 0,
    bytes BLOB,
    actor TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    CHECK ((kind = 'file') = (bytes IS NOT NULL))
);
CREATE INDEX dispute_evidence_of_dispute ON dispute_evidence (dispute_id, id);

-- Added once and never changed.
CREATE TABLE dispute_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    dispute_id BIGINT NOT NULL REFERENCES disputes (id),
    kind TEXT NOT NULL,
    actor TEXT NOT NULL,
    detail TEXT NOT NULL DEFAULT '',
    happened_at TIMESTAMP NOT NULL
);
CREATE INDEX dispute_events_of_dispute ON dispute_events (dispute_id, id);
