-- SQLite does not use an index whose condition compares columns; it does use one on what the condition comes to.
DROP INDEX stock_levels_low;
CREATE INDEX stock_levels_low ON stock_levels ((tracked AND on_hand - allocated - held <= low_at), variant_id) WHERE low_at IS NOT NULL;
-- What failed is counted by an index, however many mails went out.
CREATE INDEX mails_by_state ON mails (state, id);
