-- Gift cards that are sold: products that are gift cards, the order lines that sold them, and the cards issued for each line.

ALTER TABLE products ADD COLUMN gift_card BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX products_gift_cards ON products (id) WHERE gift_card;

ALTER TABLE order_lines ADD COLUMN gift_card BOOLEAN NOT NULL DEFAULT FALSE;
-- Cards that were issued for the line and not withdrawn.
ALTER TABLE order_lines ADD COLUMN issued BIGINT NOT NULL DEFAULT 0 CHECK (issued >= 0);

ALTER TABLE gift_cards ADD COLUMN order_line_id BIGINT REFERENCES order_lines (id);
-- When the unused card was taken back, because what it was sold for was refunded.
ALTER TABLE gift_cards ADD COLUMN withdrawn_at TIMESTAMP;
CREATE INDEX gift_cards_by_order_line ON gift_cards (order_line_id, id) WHERE order_line_id IS NOT NULL;

CREATE TABLE gift_card_entries_of_sales (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    gift_card_id BIGINT NOT NULL REFERENCES gift_cards (id),
    kind TEXT NOT NULL CHECK (kind IN ('issued', 'spent', 'returned', 'adjusted', 'withdrawn')),
    amount BIGINT NOT NULL CHECK (amount <> 0),
    dedupe_key TEXT NOT NULL UNIQUE,
    payment_id BIGINT REFERENCES payments (id),
    refund_id BIGINT REFERENCES refunds (id),
    reason TEXT NOT NULL DEFAULT '',
    actor TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL
);
INSERT INTO gift_card_entries_of_sales
    SELECT id, gift_card_id, kind, amount, dedupe_key, payment_id, refund_id, reason, actor, created_at FROM gift_card_entries;
DROP TABLE gift_card_entries;
ALTER TABLE gift_card_entries_of_sales RENAME TO gift_card_entries;
CREATE INDEX gift_card_entries_by_card ON gift_card_entries (gift_card_id, id);
CREATE INDEX gift_card_entries_by_payment ON gift_card_entries (payment_id);
