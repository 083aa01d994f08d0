-- PostgreSQL uses the index with its condition, as it is.
DROP INDEX mails_by_state;
