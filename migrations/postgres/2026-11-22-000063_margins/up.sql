-- crm: what each order left over its goods, and each customer's sum of it. Amounts are minor units of the order's currency, without tax.
ALTER TABLE purchases ADD COLUMN goods BIGINT NOT NULL DEFAULT 0;
ALTER TABLE purchases ADD COLUMN given_back BIGINT NOT NULL DEFAULT 0;
ALTER TABLE purchases ADD COLUMN cost BIGINT NOT NULL DEFAULT 0;
-- Lines of which nobody said what they cost.
ALTER TABLE purchases ADD COLUMN uncosted BIGINT NOT NULL DEFAULT 0;
ALTER TABLE scores ADD COLUMN margin BIGINT NOT NULL DEFAULT 0;
ALTER TABLE scores ADD COLUMN uncosted BIGINT NOT NULL DEFAULT 0;
CREATE INDEX scores_by_margin ON scores (margin, customer_id);

UPDATE purchases SET
    goods = COALESCE((SELECT SUM(l.total - l.tax) FROM order_lines l WHERE l.order_id = purchases.order_id AND NOT l.gift_card), 0),
    uncosted = (SELECT COUNT(*) FROM order_lines l WHERE l.order_id = purchases.order_id AND NOT l.gift_card AND l.cost IS NULL),
    cost = COALESCE((SELECT SUM(l.cost * (l.quantity - l.cancelled)) FROM order_lines l
            WHERE l.order_id = purchases.order_id AND NOT l.gift_card AND l.cost IS NOT NULL), 0)
        - COALESCE((SELECT SUM(m.on_hand * (SELECT MIN(l.cost) FROM order_lines l WHERE l.order_id = m.order_id AND l.variant_id = m.variant_id))
            FROM stock_movements m WHERE m.order_id = purchases.order_id AND m.reason = 'returned'), 0);
UPDATE purchases SET given_back = COALESCE((
        SELECT SUM(rl.amount - rl.tax) FROM refund_lines rl
        JOIN refunds r ON r.id = rl.refund_id JOIN order_lines l ON l.id = rl.order_line_id
        WHERE r.order_id = purchases.order_id AND r.state <> 'failed' AND NOT r.surplus AND NOT l.gift_card
            AND NOT EXISTS (SELECT 1 FROM payment_cases c WHERE c.payment_id = r.payment_id AND c.kind = 'unwanted')), 0)
    + COALESCE((
        SELECT SUM(r.amount * purchases.goods / o.total) FROM refunds r JOIN orders o ON o.id = r.order_id
        WHERE r.order_id = purchases.order_id AND r.state <> 'failed' AND NOT r.surplus AND r.shipping = 0 AND o.total > 0
            AND NOT EXISTS (SELECT 1 FROM refund_lines rl WHERE rl.refund_id = r.id)
            AND NOT EXISTS (SELECT 1 FROM payment_cases c WHERE c.payment_id = r.payment_id AND c.kind = 'unwanted')), 0);
UPDATE scores SET
    margin = COALESCE((SELECT SUM(p.goods - p.given_back - p.cost) FROM purchases p
        WHERE p.customer_id = scores.customer_id AND p.currency = scores.currency), 0),
    uncosted = COALESCE((SELECT SUM(p.uncosted) FROM purchases p
        WHERE p.customer_id = scores.customer_id AND p.currency = scores.currency), 0);
