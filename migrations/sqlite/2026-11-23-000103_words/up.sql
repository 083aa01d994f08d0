-- storefront: what campaigns say, put by under a name to begin others with.
CREATE TABLE campaign_templates (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    -- JSON: sender, subjects and blocks by language.
    content TEXT NOT NULL,
    changed_at TIMESTAMP NOT NULL
);
