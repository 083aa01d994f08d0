-- storefront: the solved ticket that an article was drafted from.
ALTER TABLE articles ADD COLUMN ticket_id BIGINT REFERENCES tickets (id);
CREATE UNIQUE INDEX articles_of_ticket ON articles (ticket_id) WHERE ticket_id IS NOT NULL;
