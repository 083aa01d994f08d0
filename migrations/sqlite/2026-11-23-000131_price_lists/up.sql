-- storefront: prices that companies agreed on. A list is in one currency, for one store or all, and holds from its start to its end.
CREATE TABLE price_lists (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL CHECK (name <> ''),
    currency TEXT NOT NULL,
    store_id BIGINT REFERENCES stores (id),
    -- Among lists that a buyer has for the same reason the higher one wins.
    priority BIGINT NOT NULL DEFAULT 0,
    state TEXT NOT NULL CHECK (state IN ('draft', 'active', 'paused')),
    starts_at TIMESTAMP,
    ends_at TIMESTAMP,
    -- What goods without a price of the list cost less than in the shop, in basis points.
    adjust_bp BIGINT CHECK (adjust_bp BETWEEN 1 AND 9999),
    version BIGINT NOT NULL DEFAULT 1,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
-- Whom a list is for: a company with those below it, a group of companies, or with neither everybody.
CREATE TABLE price_list_buyers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    list_id BIGINT NOT NULL REFERENCES price_lists (id),
    company_id BIGINT REFERENCES companies (id),
    price_group TEXT NOT NULL DEFAULT '',
    CHECK (company_id IS NULL OR price_group = '')
);
CREATE UNIQUE INDEX price_list_buyers_once ON price_list_buyers (list_id, price_group, COALESCE(company_id, 0));
CREATE INDEX price_list_buyers_company ON price_list_buyers (company_id, list_id) WHERE company_id IS NOT NULL;
CREATE INDEX price_list_buyers_group ON price_list_buyers (price_group, list_id) WHERE company_id IS NULL;
-- From this quantity of a variant on a unit costs this, in minor units.
CREATE TABLE price_list_prices (
    list_id BIGINT NOT NULL REFERENCES price_lists (id),
    variant_id BIGINT NOT NULL REFERENCES variants (id),
    min_quantity BIGINT NOT NULL CHECK (min_quantity >= 1),
    unit_price BIGINT NOT NULL CHECK (unit_price >= 0),
    PRIMARY KEY (list_id, variant_id, min_quantity)
) WITHOUT ROWID;
CREATE INDEX price_list_prices_variant ON price_list_prices (variant_id, list_id);
-- The least that a buyer of the list takes of a variant, and in steps of how many.
CREATE TABLE price_list_terms (
    list_id BIGINT NOT NULL REFERENCES price_lists (id),
    variant_id BIGINT NOT NULL REFERENCES variants (id),
    minimum BIGINT NOT NULL CHECK (minimum >= 1),
    increment BIGINT NOT NULL CHECK (increment >= 1),
    PRIMARY KEY (list_id, variant_id),
    CHECK (minimum % increment = 0)
) WITHOUT ROWID;
CREATE INDEX price_list_terms_variant ON price_list_terms (variant_id, list_id);
-- A file of prices that was read and compared; its rows are written by a job once somebody said so.
CREATE TABLE price_list_imports (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    list_id BIGINT NOT NULL REFERENCES price_lists (id),
    name TEXT NOT NULL,
    actor TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('draft', 'running', 'done')),
    -- One row to a line: variant, quantity, price, minimum, increment. Empty once it is done.
    content TEXT NOT NULL,
    line_count BIGINT NOT NULL,
    written BIGINT NOT NULL DEFAULT 0,
    -- The difference that was shown, as JSON: counts, some of the changes and some of the mistakes.
    told TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    finished_at TIMESTAMP
);
CREATE INDEX price_list_imports_list ON price_list_imports (list_id, id);
-- What a company with those below it, or a group of companies, sees and buys: the members of a collection and nothing else.
CREATE TABLE company_assortments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    company_id BIGINT REFERENCES companies (id),
    price_group TEXT NOT NULL DEFAULT '',
    collection_id BIGINT NOT NULL REFERENCES collections (id),
    CHECK ((company_id IS NULL) <> (price_group = ''))
);
CREATE UNIQUE INDEX company_assortments_once ON company_assortments (price_group, COALESCE(company_id, 0));
CREATE INDEX company_assortments_company ON company_assortments (company_id) WHERE company_id IS NOT NULL;
CREATE INDEX company_assortments_collection ON company_assortments (collection_id);
