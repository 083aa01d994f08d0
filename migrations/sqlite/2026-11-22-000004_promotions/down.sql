ALTER TABLE carts DROP COLUMN seen_promotions;

CREATE TABLE coupons (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    code TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('percentage', 'amount', 'free_shipping')),
    percent_bp BIGINT NOT NULL DEFAULT 0 CHECK (percent_bp >= 0 AND percent_bp <= 10000),
    amount BIGINT NOT NULL DEFAULT 0 CHECK (amount >= 0),
    currency TEXT NOT NULL,
    minimum BIGINT NOT NULL DEFAULT 0 CHECK (minimum >= 0),
    starts_at TIMESTAMP,
    ends_at TIMESTAMP,
    max_uses BIGINT,
    max_uses_per_customer BIGINT,
    uses BIGINT NOT NULL DEFAULT 0,
    active BOOLEAN NOT NULL DEFAULT TRUE,
    created_at TIMESTAMP NOT NULL,
    CHECK (uses >= 0 AND (max_uses IS NULL OR uses <= max_uses))
);
CREATE TABLE coupon_balances (
    coupon_id BIGINT NOT NULL REFERENCES coupons (id),
    customer_id BIGINT NOT NULL REFERENCES customers (id),
    uses BIGINT NOT NULL CHECK (uses >= 0),
    PRIMARY KEY (coupon_id, customer_id)
);
CREATE TABLE coupon_movements (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    coupon_id BIGINT NOT NULL REFERENCES coupons (id),
    customer_id BIGINT NOT NULL REFERENCES customers (id),
    order_id BIGINT NOT NULL,
    uses BIGINT NOT NULL CHECK (uses IN (1, -1)),
    created_at TIMESTAMP NOT NULL,
    UNIQUE (order_id, uses)
);
CREATE INDEX coupon_movements_by_coupon ON coupon_movements (coupon_id, id);

-- Only what a coupon can say goes back: one shared code, and a percentage, an amount or free shipping on everything.
INSERT INTO coupons (id, code, kind, percent_bp, amount, currency, minimum, starts_at, ends_at, max_uses, max_uses_per_customer, uses,
    active, created_at)
SELECT p.id, c.code, CASE WHEN json_extract(p.rules, '$.effect.kind') = 'free_shipping' THEN 'free_shipping'
    WHEN json_extract(p.rules, '$.effect.cut.amount') IS NOT NULL THEN 'amount' ELSE 'percentage' END,
    coalesce(json_extract(p.rules, '$.effect.cut.percentage'), 0), coalesce(json_extract(p.rules, '$.effect.cut.amount'), 0), p.currency,
    coalesce(json_extract(p.rules, '$.conditions.amount'), 0), p.starts_at, p.ends_at, p.max_uses, p.max_uses_per_customer, p.uses,
    p.state = 'active', p.created_at
FROM promotions p JOIN promotion_codes c ON c.promotion_id = p.id AND NOT c.once
WHERE p.rules IN (
    '{"conditions":{"amount":' || json_extract(p.rules, '$.conditions.amount') || '},"effect":{"kind":"free_shipping"}}',
    '{"conditions":{"amount":' || json_extract(p.rules, '$.conditions.amount') || '},"effect":{"kind":"reduce","cut":{"percentage":' || json_extract(p.rules, '$.effect.cut.percentage') || '}}}',
    '{"conditions":{"amount":' || json_extract(p.rules, '$.conditions.amount') || '},"effect":{"kind":"reduce","cut":{"amount":' || json_extract(p.rules, '$.effect.cut.amount') || '}}}')
  AND NOT EXISTS (SELECT 1 FROM promotion_codes o WHERE o.promotion_id = p.id AND o.once);

INSERT INTO coupon_balances (coupon_id, customer_id, uses)
SELECT promotion_id, customer_id, uses FROM promotion_balances WHERE promotion_id IN (SELECT id FROM coupons);
INSERT INTO coupon_movements (coupon_id, customer_id, order_id, uses, created_at)
SELECT promotion_id, customer_id, order_id, uses, created_at FROM promotion_movements
WHERE promotion_id IN (SELECT id FROM coupons)
  AND order_id NOT IN (SELECT order_id FROM promotion_movements WHERE uses = 1 GROUP BY order_id HAVING count(*) > 1) ORDER BY id;
UPDATE coupons SET uses = coalesce((SELECT sum(m.uses) FROM coupon_movements m WHERE m.coupon_id = coupons.id), 0);
UPDATE coupon_balances SET uses = coalesce((SELECT sum(m.uses) FROM coupon_movements m
    WHERE m.coupon_id = coupon_balances.coupon_id AND m.customer_id = coupon_balances.customer_id), 0);

DROP TABLE promotion_movements;
DROP TABLE promotion_balances;
DROP TABLE promotion_codes;
DROP TABLE promotions;
