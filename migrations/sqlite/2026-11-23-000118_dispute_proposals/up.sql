-- storefront: decisions of complaints that give more than somebody may give alone, until somebody else approves or declines them.
CREATE TABLE dispute_proposals (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    dispute_id BIGINT NOT NULL REFERENCES disputes (id),
    -- The decision as JSON, with the order's version that it was proposed about.
    decision TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL,
    proposed_by TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'approved', 'declined')),
    decided_by TEXT NOT NULL DEFAULT '',
    decided_at TIMESTAMP,
    -- Why it was declined.
    why TEXT NOT NULL DEFAULT '',
    CHECK ((state = 'waiting') = (decided_at IS NULL))
);
CREATE INDEX dispute_proposals_of_dispute ON dispute_proposals (dispute_id, id);
-- One at a time.
CREATE UNIQUE INDEX dispute_proposals_waiting ON dispute_proposals (dispute_id) WHERE state = 'waiting';
