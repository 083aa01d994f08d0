-- storefront: what customers ask a price for, and what staff offer. The goods that were asked for are the first version.
CREATE TABLE quotes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id BIGINT NOT NULL REFERENCES customers (id),
    -- Whom the customer asks for; themselves without.
    company_id BIGINT REFERENCES companies (id),
    member_id BIGINT REFERENCES company_members (id),
    store_id BIGINT NOT NULL REFERENCES stores (id),
    currency TEXT NOT NULL,
    language TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'asked',
    -- The number of the newest version, and the version that the customer was sent.
    latest BIGINT NOT NULL DEFAULT 0,
    offered_id BIGINT,
    -- When the offer ends.
    expires_at TIMESTAMP,
    order_id BIGINT UNIQUE REFERENCES orders (id),
    -- The mail address of who looks after it; empty for nobody.
    assigned_to TEXT NOT NULL DEFAULT '',
    -- Why it was declined, in the customer's words.
    reason TEXT NOT NULL DEFAULT '',
    version BIGINT NOT NULL DEFAULT 1,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    decided_at TIMESTAMP
);
CREATE INDEX quotes_of_customer ON quotes (customer_id, id);
CREATE INDEX quotes_of_company ON quotes (company_id, id);
CREATE INDEX quotes_by_state ON quotes (state, id);
CREATE INDEX quotes_by_end ON quotes (expires_at) WHERE state = 'offered';

-- Added once and never changed.
CREATE TABLE quote_versions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    quote_id BIGINT NOT NULL REFERENCES quotes (id),
    number BIGINT NOT NULL,
    note TEXT NOT NULL,
    -- What the delivery costs; as in the shop without.
    shipping BIGINT CHECK (shipping >= 0),
    -- The last day of the offer.
    expires_on TEXT NOT NULL,
    -- The mail address of staff, or customer.
    created_by TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    UNIQUE (quote_id, number)
);

CREATE TABLE quote_lines (
    version_id BIGINT NOT NULL REFERENCES quote_versions (id),
    position BIGINT NOT NULL,
    variant_id BIGINT REFERENCES variants (id),
    title TEXT NOT NULL,
    sku TEXT NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    unit_price BIGINT NOT NULL CHECK (unit_price >= 0),
    -- What a unit cost the shop then.
    cost BIGINT,
    PRIMARY KEY (version_id, position),
    UNIQUE (version_id, variant_id)
);
CREATE INDEX quote_lines_of_variant ON quote_lines (variant_id);

CREATE TABLE quote_messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    quote_id BIGINT NOT NULL REFERENCES quotes (id),
    -- staff or customer.
    sender TEXT NOT NULL,
    -- The mail address of staff; empty for the customer.
    actor TEXT NOT NULL,
    text TEXT NOT NULL,
    at TIMESTAMP NOT NULL
);
CREATE INDEX quote_messages_of_quote ON quote_messages (quote_id, id);

CREATE TABLE quote_files (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id BIGINT NOT NULL REFERENCES quote_messages (id),
    name TEXT NOT NULL,
    -- Told by the content and never by the name.
    content_type TEXT NOT NULL,
    size BIGINT NOT NULL,
    bytes BLOB NOT NULL
);
CREATE INDEX quote_files_of_message ON quote_files (message_id, id);

-- The version of a quote that a cart is made of: its goods cost what the version says. Versions are never deleted; a foreign key would close a
-- ring of carts, orders and quotes, which no copy of the database could be read in by.
ALTER TABLE carts ADD COLUMN quote_version_id BIGINT;
CREATE INDEX carts_of_quote ON carts (quote_version_id) WHERE quote_version_id IS NOT NULL;
