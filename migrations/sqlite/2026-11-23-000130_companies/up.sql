-- crm: companies that buy, the places they have and the people who buy for them.
CREATE TABLE companies (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    parent_id BIGINT REFERENCES companies (id),
    name TEXT NOT NULL,
    -- The name as it is looked for, compared byte by byte.
    name_key TEXT NOT NULL,
    vat_id TEXT NOT NULL DEFAULT '',
    vat_standing TEXT NOT NULL DEFAULT 'unchecked' CHECK (vat_standing IN ('unchecked', 'valid', 'invalid', 'unreachable')),
    -- What the office answered, as JSON; nothing before it was asked.
    vat_evidence TEXT NOT NULL DEFAULT '',
    registration_number TEXT NOT NULL DEFAULT '',
    invoice_email TEXT NOT NULL DEFAULT '',
    price_group TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL DEFAULT 'applied' CHECK (state IN ('applied', 'approved', 'refused', 'closed')),
    -- What staff write for each other, and what the company is told.
    note TEXT NOT NULL DEFAULT '',
    reason TEXT NOT NULL DEFAULT '',
    -- The host of its site, as it is looked for.
    website TEXT NOT NULL DEFAULT '',
    phone TEXT NOT NULL DEFAULT '',
    version BIGINT NOT NULL DEFAULT 1,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    approved_at TIMESTAMP,
    country TEXT NOT NULL DEFAULT '',
    CHECK (parent_id <> id)
);
CREATE INDEX companies_by_parent ON companies (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX companies_by_state ON companies (state, id);
CREATE INDEX companies_by_name ON companies (name_key, id);
CREATE INDEX companies_by_vat_id ON companies (vat_id) WHERE vat_id <> '';
CREATE INDEX companies_by_website ON companies (website) WHERE website <> '';
CREATE INDEX companies_by_price_group ON companies (price_group) WHERE price_group <> '';

CREATE TABLE company_sites (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    company_id BIGINT NOT NULL REFERENCES companies (id),
    parent_id BIGINT REFERENCES company_sites (id),
    name TEXT NOT NULL,
    -- An address of the shop, as JSON.
    address TEXT NOT NULL,
    -- Whether its invoices go there and not to where the goods go.
    billing BOOLEAN NOT NULL DEFAULT FALSE,
    active BOOLEAN NOT NULL DEFAULT TRUE,
    position BIGINT NOT NULL DEFAULT 0,
    CHECK (parent_id <> id)
);
CREATE INDEX company_sites_of_company ON company_sites (company_id, position, id);

-- What a member may do, as words with blanks between. Roles of no company are every company's.
CREATE TABLE company_roles (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    company_id BIGINT REFERENCES companies (id),
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    permissions TEXT NOT NULL
);
CREATE UNIQUE INDEX company_roles_built_in ON company_roles (code) WHERE company_id IS NULL;
CREATE UNIQUE INDEX company_roles_of_company ON company_roles (company_id, name) WHERE company_id IS NOT NULL;
INSERT INTO company_roles (code, name, permissions) VALUES
    ('administrator', '', 'order approve members invoices all-orders'),
    ('buyer', '', 'order'),
    ('approver', '', 'order approve all-orders'),
    ('accountant', '', 'invoices all-orders');

CREATE TABLE company_members (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    company_id BIGINT NOT NULL REFERENCES companies (id),
    customer_id BIGINT NOT NULL REFERENCES customers (id),
    role_id BIGINT NOT NULL REFERENCES company_roles (id),
    -- The place that somebody buys for alone, with those below it.
    site_id BIGINT REFERENCES company_sites (id),
    cost_centre TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'removed')),
    joined_at TIMESTAMP NOT NULL,
    UNIQUE (company_id, customer_id)
);
CREATE INDEX company_members_of_customer ON company_members (customer_id);

-- A link in a mail makes somebody a member. Nobody of the company is named when staff invited.
CREATE TABLE company_invitations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    company_id BIGINT NOT NULL REFERENCES companies (id),
    email TEXT NOT NULL,
    role_id BIGINT NOT NULL REFERENCES company_roles (id),
    site_id BIGINT REFERENCES company_sites (id),
    token_hash TEXT NOT NULL UNIQUE,
    invited_by BIGINT REFERENCES company_members (id),
    expires_at TIMESTAMP NOT NULL,
    accepted_at TIMESTAMP,
    withdrawn_at TIMESTAMP
);
CREATE INDEX company_invitations_of_company ON company_invitations (company_id, id);
CREATE UNIQUE INDEX company_invitations_open ON company_invitations (company_id, email) WHERE accepted_at IS NULL AND withdrawn_at IS NULL;
CREATE INDEX company_invitations_by_email ON company_invitations (email);

-- Only ever added to. It names people by the numbers of their memberships, never by name or address.
CREATE TABLE company_log (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    company_id BIGINT NOT NULL REFERENCES companies (id),
    at TIMESTAMP NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    before TEXT NOT NULL DEFAULT '',
    after TEXT NOT NULL DEFAULT ''
);
CREATE INDEX company_log_of_company ON company_log (company_id, id);

-- storefront: for whom somebody buys.
ALTER TABLE carts ADD COLUMN member_id BIGINT REFERENCES company_members (id);
ALTER TABLE sessions ADD COLUMN member_id BIGINT REFERENCES company_members (id);
CREATE INDEX carts_of_member ON carts (member_id) WHERE member_id IS NOT NULL;
CREATE INDEX sessions_of_member ON sessions (member_id) WHERE member_id IS NOT NULL;

CREATE TABLE cart_trade (
    cart_id BIGINT PRIMARY KEY REFERENCES carts (id),
    site_id BIGINT REFERENCES company_sites (id),
    po_number TEXT NOT NULL DEFAULT '',
    cost_centre TEXT NOT NULL DEFAULT '',
    -- A day, YYYY-MM-DD.
    requested_on TEXT
);

CREATE TABLE order_trade (
    order_id BIGINT PRIMARY KEY REFERENCES orders (id),
    company_id BIGINT NOT NULL REFERENCES companies (id),
    member_id BIGINT NOT NULL REFERENCES company_members (id),
    site_id BIGINT REFERENCES company_sites (id),
    po_number TEXT NOT NULL DEFAULT '',
    cost_centre TEXT NOT NULL DEFAULT '',
    requested_on TEXT
);
CREATE INDEX order_trade_of_company ON order_trade (company_id, order_id);
CREATE INDEX order_trade_of_member ON order_trade (member_id, order_id);
