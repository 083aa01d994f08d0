ALTER TABLE gift_card_entries DROP CONSTRAINT gift_card_entries_kind_check;
UPDATE gift_card_entries SET kind = 'adjusted' WHERE kind = 'withdrawn';
ALTER TABLE gift_card_entries ADD CONSTRAINT gift_card_entries_kind_check CHECK (kind IN ('issued', 'spent', 'returned', 'adjusted'));

DROP INDEX gift_cards_by_order_line;
ALTER TABLE gift_cards DROP COLUMN withdrawn_at;
ALTER TABLE gift_cards DROP COLUMN order_line_id;
ALTER TABLE order_lines DROP COLUMN issued;
ALTER TABLE order_lines DROP COLUMN gift_card;
DROP INDEX products_gift_cards;
ALTER TABLE products DROP COLUMN gift_card;
