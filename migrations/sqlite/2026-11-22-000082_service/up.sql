-- storefront: what staff would like to do about a ticket beyond their own limit, until somebody decides.
CREATE TABLE ticket_proposals (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    ticket_id BIGINT NOT NULL REFERENCES tickets (id),
    order_id BIGINT REFERENCES orders (id),
    -- The order's version that it was proposed about.
    order_seen BIGINT,
    -- The deed as JSON.
    deed TEXT NOT NULL,
    amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    proposed_by TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'approved', 'declined', 'alone')),
    decided_by TEXT NOT NULL DEFAULT '',
    decided_at TIMESTAMP,
    CHECK ((state = 'waiting') = (decided_at IS NULL))
);
CREATE INDEX ticket_proposals_of_ticket ON ticket_proposals (ticket_id, id);
CREATE INDEX ticket_proposals_of_order ON ticket_proposals (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX ticket_proposals_waiting ON ticket_proposals (id) WHERE state = 'waiting';

-- admin: answers that are written often.
CREATE TABLE ticket_macros (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    updated_at TIMESTAMP NOT NULL
);

-- admin: who has a ticket open, so that nobody answers what somebody else is answering.
CREATE TABLE ticket_viewers (
    ticket_id BIGINT NOT NULL REFERENCES tickets (id),
    staff_id BIGINT NOT NULL REFERENCES staff (id),
    seen_at TIMESTAMP NOT NULL,
    PRIMARY KEY (ticket_id, staff_id)
) WITHOUT ROWID;
CREATE INDEX ticket_viewers_of_staff ON ticket_viewers (staff_id);
