DROP INDEX stock_levels_low;
CREATE INDEX stock_levels_low ON stock_levels (variant_id) WHERE tracked AND on_hand - allocated - held <= low_at;
DROP INDEX mails_by_state;
