-- crm: what the shop answers the bank about a disputed payment, sent by the provider once.
CREATE TABLE dispute_answers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    dispute_id BIGINT NOT NULL UNIQUE REFERENCES disputes (id),
    state TEXT NOT NULL CHECK (state IN ('on_its_way', 'sent', 'refused', 'late')),
    -- JSON: texts by the provider's names for them.
    texts TEXT NOT NULL,
    -- What the provider said that did not take it.
    reason TEXT NOT NULL DEFAULT '',
    -- Who asked for it last, and how often that was.
    actor TEXT NOT NULL,
    asked_at TIMESTAMP NOT NULL,
    settled_at TIMESTAMP,
    tries BIGINT NOT NULL DEFAULT 1,
    CHECK ((state = 'on_its_way') = (settled_at IS NULL))
);
