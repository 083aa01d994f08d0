-- storefront: what a shopper lets staff do with their live cart, ticket by ticket.
CREATE TABLE cart_consents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    cart_id BIGINT NOT NULL REFERENCES carts (id),
    ticket_id BIGINT NOT NULL REFERENCES tickets (id),
    state TEXT NOT NULL DEFAULT 'asked' CHECK (state IN ('asked', 'given', 'refused', 'withdrawn', 'expired')),
    asked_by TEXT NOT NULL,
    asked_at TIMESTAMP NOT NULL,
    -- Until when the question stands, and once it was answered the yes.
    ends_at TIMESTAMP NOT NULL,
    answered_at TIMESTAMP,
    -- How often staff changed the cart by it.
    changes BIGINT NOT NULL DEFAULT 0 CHECK (changes >= 0),
    CHECK (state IN ('asked', 'expired') OR answered_at IS NOT NULL)
);
-- A ticket has one question at a time.
CREATE UNIQUE INDEX cart_consents_standing ON cart_consents (ticket_id) WHERE state IN ('asked', 'given');
CREATE INDEX cart_consents_of_ticket ON cart_consents (ticket_id, id);
CREATE INDEX cart_consents_of_cart ON cart_consents (cart_id, id);

-- storefront: what staff changed in a cart by such a yes, for the shopper to see and to undo.
CREATE TABLE cart_changes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    consent_id BIGINT NOT NULL REFERENCES cart_consents (id),
    -- The variant as it was called then; none of a code.
    variant_id BIGINT,
    title TEXT NOT NULL,
    code TEXT NOT NULL DEFAULT '',
    -- Units before and after; of a code 0 or 1.
    units_before BIGINT NOT NULL CHECK (units_before >= 0),
    units_after BIGINT NOT NULL CHECK (units_after >= 0),
    actor TEXT NOT NULL,
    changed_at TIMESTAMP NOT NULL,
    undone_at TIMESTAMP,
    CHECK (units_before <> units_after),
    CHECK ((variant_id IS NULL) = (code <> ''))
);
CREATE INDEX cart_changes_of_consent ON cart_changes (consent_id, id);
