-- Promotions take the place of coupons: a coupon is a promotion that asks for a code.

CREATE TABLE promotions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'paused')),
    needs_code BOOLEAN NOT NULL,
    stacking BIGINT NOT NULL CHECK (stacking BETWEEN 1 AND 9),
    exclusive BOOLEAN NOT NULL,
    currency TEXT NOT NULL,
    starts_at TIMESTAMP,
    ends_at TIMESTAMP,
    max_uses BIGINT,
    max_uses_per_customer BIGINT,
    uses BIGINT NOT NULL DEFAULT 0,
    rules TEXT NOT NULL,
    version BIGINT NOT NULL DEFAULT 1,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    CHECK (uses >= 0 AND (max_uses IS NULL OR uses <= max_uses))
);
CREATE INDEX promotions_live ON promotions (state, needs_code);
CREATE TABLE promotion_codes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    promotion_id BIGINT NOT NULL REFERENCES promotions (id),
    code TEXT NOT NULL UNIQUE,
    once BOOLEAN NOT NULL,
    uses BIGINT NOT NULL DEFAULT 0,
    created_at TIMESTAMP NOT NULL,
    CHECK (uses >= 0 AND (NOT once OR uses <= 1))
);
CREATE INDEX promotion_codes_by_promotion ON promotion_codes (promotion_id, id);
CREATE TABLE promotion_balances (
    promotion_id BIGINT NOT NULL REFERENCES promotions (id),
    customer_id BIGINT NOT NULL REFERENCES customers (id),
    uses BIGINT NOT NULL CHECK (uses >= 0),
    PRIMARY KEY (promotion_id, customer_id)
);
CREATE TABLE promotion_movements (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    promotion_id BIGINT NOT NULL REFERENCES promotions (id),
    code_id BIGINT REFERENCES promotion_codes (id),
    customer_id BIGINT NOT NULL REFERENCES customers (id),
    order_id BIGINT NOT NULL,
    uses BIGINT NOT NULL CHECK (uses IN (1, -1)),
    created_at TIMESTAMP NOT NULL,
    UNIQUE (order_id, promotion_id, uses)
);
CREATE INDEX promotion_movements_by_promotion ON promotion_movements (promotion_id, id);

INSERT INTO promotions (id, name, state, needs_code, stacking, exclusive, currency, starts_at, ends_at, max_uses,
    max_uses_per_customer, uses, rules, created_at, updated_at)
SELECT id, code, CASE WHEN active THEN 'active' ELSE 'paused' END, TRUE, 5, FALSE, currency, starts_at, ends_at, max_uses,
    max_uses_per_customer, uses,
    '{"conditions":{"amount":' || minimum || '},"effect":' || CASE kind
        WHEN 'percentage' THEN '{"kind":"reduce","cut":{"percentage":' || percent_bp || '}}'
        WHEN 'amount' THEN '{"kind":"reduce","cut":{"amount":' || amount || '}}'
        ELSE '{"kind":"free_shipping"}' END || '}',
    created_at, created_at
FROM coupons;
INSERT INTO promotion_codes (promotion_id, code, once, uses, created_at) SELECT id, code, FALSE, uses, created_at FROM coupons ORDER BY id;
INSERT INTO promotion_balances (promotion_id, customer_id, uses) SELECT coupon_id, customer_id, uses FROM coupon_balances;
INSERT INTO promotion_movements (promotion_id, code_id, customer_id, order_id, uses, created_at)
SELECT coupon_id, (SELECT id FROM promotion_codes WHERE promotion_id = coupon_id), customer_id, order_id, uses, created_at
FROM coupon_movements ORDER BY id;

DROP TABLE coupon_movements;
DROP TABLE coupon_balances;
DROP TABLE coupons;

-- The promotions a shopper was last shown, by id with blanks between, so that one that ended is told.
ALTER TABLE carts ADD COLUMN seen_promotions TEXT NOT NULL DEFAULT '';
