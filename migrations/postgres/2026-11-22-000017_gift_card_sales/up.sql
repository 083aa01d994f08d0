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

ALTER TABLE gift_card_entries DROP CONSTRAINT gift_card_entries_kind_check;
ALTER TABLE gift_card_entries ADD CONSTRAINT gift_card_entries_kind_check
    CHECK (kind IN ('issued', 'spent', 'returned', 'adjusted', 'withdrawn'));
