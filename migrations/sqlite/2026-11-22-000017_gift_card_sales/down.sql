CREATE TABLE gift_card_entries_before_sales (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    gift_card_id BIGINT NOT NULL REFERENCES gift_cards (id),
    kind TEXT NOT NULL CHECK (kind IN ('issued', 'spent', 'returned', 'adjusted')),
    amount BIGINT NOT NULL CHECK (amount <> 0),
    dedupe_key TEXT NOT NULL UNIQUE,
    payment_id BIGINT REFERENCES payments (id),
    refund_id BIGINT REFERENCES refunds (id),
    reason TEXT NOT NULL DEFAULT '',
    actor TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL
);
INSERT INTO gift_card_entries_before_sales
    SELECT id, gift_card_id, CASE kind WHEN 'withdrawn' THEN 'adjusted' ELSE kind END, amount, dedupe_key, payment_id, refund_id, reason,
        actor, created_at FROM gift_card_entries;
DROP TABLE gift_card_entries;
ALTER TABLE gift_card_entries_before_sales RENAME TO gift_card_entries;
CREATE INDEX gift_card_entries_by_card ON gift_card_entries (gift_card_id, id);
CREATE INDEX gift_card_entries_by_payment ON gift_card_entries (payment_id);

DROP INDEX gift_cards_by_order_line;
ALTER TABLE gift_cards DROP COLUMN withdrawn_at;
ALTER TABLE gift_cards DROP COLUMN order_line_id;
ALTER TABLE order_lines DROP COLUMN issued;
ALTER TABLE order_lines DROP COLUMN gift_card;
DROP INDEX products_gift_cards;
ALTER TABLE products DROP COLUMN gift_card;
