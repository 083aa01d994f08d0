-- crm: the company of an order's invoice, in small letters, for rules.

ALTER TABLE purchases ADD COLUMN company TEXT NOT NULL DEFAULT '';
UPDATE purchases SET company = COALESCE((SELECT lower(trim(orders.billing_address::json ->> 'company')) FROM orders WHERE orders.id = purchases.order_id), '');
