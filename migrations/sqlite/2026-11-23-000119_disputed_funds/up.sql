-- storefront: what a bank took of a disputed payment, gave back, and charged for it. Added once and never changed but for the payment, which a
-- provider may be asked for later.
CREATE TABLE disputed_funds (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    dispute_id BIGINT NOT NULL REFERENCES disputes (id),
    payment_id BIGINT REFERENCES payments (id),
    kind TEXT NOT NULL CHECK (kind IN ('withdrawn', 'reinstated', 'fee')),
    -- What the shop has less by it: below zero of what came back.
    amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    -- The provider's name and its id of the movement.
    reference TEXT NOT NULL,
    booked_at TIMESTAMP NOT NULL,
    UNIQUE (reference, kind)
);
CREATE INDEX disputed_funds_of_dispute ON disputed_funds (dispute_id, id);
CREATE INDEX disputed_funds_of_payment ON disputed_funds (payment_id) WHERE payment_id IS NOT NULL;
CREATE INDEX disputed_funds_by_moment ON disputed_funds (booked_at);
-- The sum of it without fees, in the payment's currency: so much of what was captured is not there to be given back.
ALTER TABLE payments ADD COLUMN taken BIGINT NOT NULL DEFAULT 0;
