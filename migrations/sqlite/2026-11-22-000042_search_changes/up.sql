-- Products that changed, in the order in which the processes that hold an index of their own follow them. A product 0 asks for the whole
-- index to be built anew.
CREATE TABLE search_changes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    product_id BIGINT NOT NULL,
    changed_at TIMESTAMP NOT NULL
);
