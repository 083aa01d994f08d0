-- storefront: examinations of the books that staff asked for
CREATE TABLE examinations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    asked_by TEXT NOT NULL,
    asked_at TIMESTAMP NOT NULL,
    ended_at TIMESTAMP,
    findings TEXT NOT NULL
);
