-- What makes a promotion a one-to-one offer: it is given to each customer by a decision that is kept.
CREATE TABLE offers (
    promotion_id BIGINT PRIMARY KEY REFERENCES promotions (id),
    why TEXT NOT NULL,
    choice TEXT NOT NULL CHECK (choice IN ('terms', 'own')),
    control_bp BIGINT NOT NULL CHECK (control_bp BETWEEN 0 AND 9000),
    margin_floor_bp BIGINT CHECK (margin_floor_bp BETWEEN 0 AND 9900),
    budget BIGINT CHECK (budget > 0),
    spent BIGINT NOT NULL DEFAULT 0,
    stands_days BIGINT CHECK (stands_days > 0),
    returned BOOLEAN NOT NULL,
    results TEXT,
    CHECK (spent >= 0 AND (budget IS NULL OR spent <= budget))
);
CREATE TABLE offer_decisions (
    promotion_id BIGINT NOT NULL REFERENCES offers (promotion_id),
    customer_id BIGINT NOT NULL REFERENCES customers (id),
    arm TEXT NOT NULL CHECK (arm IN ('given', 'control')),
    product_id BIGINT,
    reason TEXT NOT NULL,
    decided_at TIMESTAMP NOT NULL,
    ends_at TIMESTAMP,
    PRIMARY KEY (promotion_id, customer_id)
);
CREATE INDEX offer_decisions_of_customer ON offer_decisions (customer_id, promotion_id);
-- What a use took off the order; uses before this column took amounts that only the orders' adjustments tell.
ALTER TABLE promotion_movements ADD COLUMN amount BIGINT NOT NULL DEFAULT 0;
