-- crm: what was given from a customer's tickets, and what of it is credit, which no margin of an order holds.
ALTER TABLE scores ADD COLUMN service BIGINT NOT NULL DEFAULT 0;
ALTER TABLE scores ADD COLUMN credited BIGINT NOT NULL DEFAULT 0;
UPDATE scores SET
    service = COALESCE((SELECT CAST(SUM(x.amount) AS BIGINT) FROM service_costs x JOIN tickets t ON t.id = x.ticket_id
        WHERE t.customer_id = scores.customer_id AND x.currency = scores.currency), 0),
    credited = COALESCE((SELECT CAST(SUM(x.amount) AS BIGINT) FROM service_costs x JOIN tickets t ON t.id = x.ticket_id
        WHERE t.customer_id = scores.customer_id AND x.currency = scores.currency AND x.deed = 'credit'), 0);
