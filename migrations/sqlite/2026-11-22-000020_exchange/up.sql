-- Goods in exchange for goods that came back.

-- What the buyer would like: other goods in place of money.
ALTER TABLE returns ADD COLUMN exchange BOOLEAN NOT NULL DEFAULT FALSE;
-- What the buyer would like in place of the units; not a reference, for the shop may not have it any more.
ALTER TABLE return_lines ADD COLUMN instead_id BIGINT;

-- The order of the new goods, and what of the refund of the return it was paid with. Amounts are minor units of the order's currency.
CREATE TABLE exchanges (
    return_id BIGINT PRIMARY KEY NOT NULL REFERENCES returns (id),
    order_id BIGINT NOT NULL UNIQUE REFERENCES orders (id),
    refund_id BIGINT NOT NULL REFERENCES refunds (id),
    amount BIGINT NOT NULL CHECK (amount >= 0),
    actor TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    -- When the order was cancelled, and what it was paid with went back to where the first order was paid from.
    undone_at TIMESTAMP
);
