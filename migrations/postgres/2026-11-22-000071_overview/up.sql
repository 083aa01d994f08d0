-- PostgreSQL uses the index with its condition, as it is.
-- What failed is counted by an index, however many mails went out.
CREATE INDEX mails_by_state ON mails (state, id);
