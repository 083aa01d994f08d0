-- storefront: the themes that were published, by their number; the shop wears the one with the highest.
CREATE TABLE themes (
    id BIGINT NOT NULL PRIMARY KEY,
    content TEXT NOT NULL,
    published_by TEXT NOT NULL,
    published_at TIMESTAMP NOT NULL
);

-- storefront: the menus that were edited. Without content a menu follows the shop again; `version` counts the changes.
CREATE TABLE menus (
    place TEXT NOT NULL PRIMARY KEY,
    content TEXT NOT NULL,
    version BIGINT NOT NULL
);
