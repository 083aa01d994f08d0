DROP INDEX order_lines_of_gift_cards;
