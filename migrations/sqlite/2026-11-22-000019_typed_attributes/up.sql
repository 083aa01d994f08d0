-- What an attribute of products means: its type, its values, where it is shown. The values stay rows of product_attributes, written the
-- one way that the type has, under the definition's name.
CREATE TABLE attributes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('text', 'choice', 'number', 'yes_no', 'date')),
    -- Of a number: what it counts.
    unit TEXT NOT NULL DEFAULT '',
    -- Of a choice: whether a product has several.
    several BOOLEAN NOT NULL DEFAULT FALSE,
    facet BOOLEAN NOT NULL DEFAULT TRUE,
    shown BOOLEAN NOT NULL DEFAULT TRUE,
    position BIGINT NOT NULL DEFAULT 0,
    version BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE attribute_choices (
    attribute_id BIGINT NOT NULL REFERENCES attributes (id),
    position BIGINT NOT NULL,
    name TEXT NOT NULL,
    -- A colour such as #aa8855, or nothing.
    swatch TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (attribute_id, position),
    UNIQUE (attribute_id, name)
);

-- The categories whose products are asked for it, with all below them; none for every product.
CREATE TABLE attribute_categories (
    attribute_id BIGINT NOT NULL REFERENCES attributes (id),
    category_id BIGINT NOT NULL REFERENCES categories (id),
    PRIMARY KEY (attribute_id, category_id)
);
CREATE INDEX attribute_categories_by_category ON attribute_categories (category_id);

CREATE INDEX product_attributes_by_name ON product_attributes (name, product_id);
