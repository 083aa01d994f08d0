-- admin: a saved filter is one of some list, and its name is unique there.
CREATE TABLE saved_filters_new (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    staff_id BIGINT NOT NULL REFERENCES staff (id),
    shared BOOLEAN NOT NULL,
    name TEXT NOT NULL,
    query TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    -- The list that it is for, such as products or tickets.
    list TEXT NOT NULL DEFAULT 'products',
    UNIQUE (staff_id, list, name)
);
INSERT INTO saved_filters_new (id, staff_id, shared, name, query, created_at)
SELECT id, staff_id, shared, name, query, created_at FROM saved_filters;
DROP TABLE saved_filters;
ALTER TABLE saved_filters_new RENAME TO saved_filters;
