DELETE FROM saved_filters WHERE list <> 'products';
CREATE TABLE saved_filters_old (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    staff_id BIGINT NOT NULL REFERENCES staff (id),
    shared BOOLEAN NOT NULL,
    name TEXT NOT NULL,
    query TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    UNIQUE (staff_id, name)
);
INSERT INTO saved_filters_old (id, staff_id, shared, name, query, created_at)
SELECT id, staff_id, shared, name, query, created_at FROM saved_filters;
DROP TABLE saved_filters;
ALTER TABLE saved_filters_old RENAME TO saved_filters;
