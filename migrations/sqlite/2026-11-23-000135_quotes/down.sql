DROP INDEX carts_of_quote;
ALTER TABLE carts DROP COLUMN quote_version_id;
DROP TABLE quote_files;
DROP TABLE quote_messages;
DROP TABLE quote_lines;
DROP TABLE quote_versions;
DROP TABLE quotes;
