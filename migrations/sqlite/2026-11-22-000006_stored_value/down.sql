ALTER TABLE refunds DROP COLUMN to_credit;
ALTER TABLE refunds DROP COLUMN wish;
ALTER TABLE carts DROP COLUMN use_store_credit;
ALTER TABLE carts DROP COLUMN gift_cards;
DROP TABLE store_credit_entries;
DROP TABLE store_credit_balances;
DROP TABLE gift_card_entries;
DROP TABLE gift_cards;
