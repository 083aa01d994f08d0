CREATE INDEX customers_by_email_beginning ON customers (email_key text_pattern_ops);
