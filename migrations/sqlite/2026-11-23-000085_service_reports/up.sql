-- crm: reports read the tickets that were opened in a stretch of time.
CREATE INDEX tickets_opened ON tickets (opened_at, id);

-- storefront: what the shop gave from tickets, once for each deed.
CREATE TABLE service_costs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    ticket_id BIGINT NOT NULL REFERENCES tickets (id),
    deed TEXT NOT NULL CHECK (deed IN ('refund', 'credit', 'resend')),
    amount BIGINT NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL,
    given_at TIMESTAMP NOT NULL
);
CREATE INDEX service_costs_by_time ON service_costs (given_at);
CREATE INDEX service_costs_of_ticket ON service_costs (ticket_id);

-- What was given until now: a deed, its money and its entry in the ticket's log are of one commit and of one moment.
INSERT INTO service_costs (ticket_id, deed, amount, currency, given_at)
SELECT e.ticket_id, 'refund', SUM(r.amount), o.currency, e.happened_at
FROM ticket_events e
JOIN tickets t ON t.id = e.ticket_id
JOIN orders o ON o.id = t.order_id
JOIN refunds r ON r.order_id = o.id AND r.created_at = e.happened_at
WHERE e.kind = 'acted' AND e.detail = 'refund'
GROUP BY e.id, e.ticket_id, o.currency, e.happened_at
HAVING SUM(r.amount) > 0;
INSERT INTO service_costs (ticket_id, deed, amount, currency, given_at)
SELECT e.ticket_id, 'credit', c.amount, c.currency, e.happened_at
FROM ticket_events e
JOIN store_credit_entries c ON c.created_at = e.happened_at AND c.dedupe_key LIKE 'adjust:ticket:' || e.ticket_id || ':%'
WHERE e.kind = 'acted' AND e.detail = 'credit' AND c.amount > 0;
INSERT INTO service_costs (ticket_id, deed, amount, currency, given_at)
SELECT e.ticket_id, 'resend', SUM(COALESCE(l.cost, l.unit_price) * l.quantity), n.currency, e.happened_at
FROM ticket_events e
JOIN tickets t ON t.id = e.ticket_id
JOIN orders o ON o.id = t.order_id
JOIN orders n ON n.customer_id = o.customer_id AND n.source = 'resend' AND n.placed_at = e.happened_at
JOIN order_lines l ON l.order_id = n.id
WHERE e.kind = 'acted' AND e.detail = 'resend'
GROUP BY e.id, e.ticket_id, n.currency, e.happened_at
HAVING SUM(COALESCE(l.cost, l.unit_price) * l.quantity) > 0;
