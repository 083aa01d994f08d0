-- kernel: what happened, what is due, what is configured, what was mailed, what was uploaded

CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    source TEXT NOT NULL,
    dedupe_key TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    dispatched_at TIMESTAMP,
    UNIQUE (source, dedupe_key)
);
CREATE INDEX events_undispatched ON events (id) WHERE dispatched_at IS NULL;

CREATE TABLE jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    dedupe_key TEXT UNIQUE,
    payload TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'dead')),
    run_at TIMESTAMP NOT NULL,
    leased_until TIMESTAMP,
    attempts BIGINT NOT NULL DEFAULT 0,
    last_error TEXT,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX jobs_by_run_at ON jobs (state, run_at);

CREATE TABLE settings (
    name TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL,
    updated_at TIMESTAMP NOT NULL
);

CREATE TABLE mails (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id TEXT NOT NULL UNIQUE,
    dedupe_key TEXT NOT NULL UNIQUE,
    template TEXT NOT NULL,
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    body_text TEXT NOT NULL,
    body_html TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'failed', 'unknown')),
    error TEXT,
    created_at TIMESTAMP NOT NULL,
    sent_at TIMESTAMP
);
CREATE INDEX mails_by_recipient ON mails (recipient, id);

CREATE TABLE pictures (
    hash TEXT PRIMARY KEY NOT NULL,
    width BIGINT NOT NULL,
    height BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE TABLE picture_sizes (
    hash TEXT NOT NULL REFERENCES pictures (hash),
    width BIGINT NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (hash, width)
);

CREATE TABLE idempotency_keys (
    scope TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    status BIGINT,
    response TEXT,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (scope, idempotency_key)
);

-- crm: who they are, what they allowed, what they bought

CREATE TABLE customers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL DEFAULT '',
    phone TEXT NOT NULL DEFAULT '',
    language TEXT NOT NULL DEFAULT 'en',
    tags TEXT NOT NULL DEFAULT '',
    note TEXT NOT NULL DEFAULT '',
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);

CREATE TABLE consents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id BIGINT NOT NULL REFERENCES customers (id),
    channel TEXT NOT NULL,
    topic TEXT NOT NULL,
    legal_basis TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('given', 'withdrawn')),
    proof TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX consents_by_customer ON consents (customer_id, channel, topic, id);

CREATE TABLE purchases (
    order_id BIGINT PRIMARY KEY NOT NULL,
    customer_id BIGINT NOT NULL REFERENCES customers (id),
    purchased_at TIMESTAMP NOT NULL,
    currency TEXT NOT NULL,
    revenue BIGINT NOT NULL,
    refunded BIGINT NOT NULL DEFAULT 0,
    units BIGINT NOT NULL,
    CHECK (refunded >= 0)
);
CREATE INDEX purchases_by_customer ON purchases (customer_id, purchased_at);

-- storefront: the catalogue

CREATE TABLE label_translations (
    language TEXT NOT NULL,
    source TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (language, source)
);

CREATE TABLE categories (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    parent_id BIGINT REFERENCES categories (id),
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    picture_hash TEXT REFERENCES pictures (hash),
    position BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX categories_by_parent ON categories (parent_id, position);
CREATE TABLE category_texts (
    category_id BIGINT NOT NULL REFERENCES categories (id),
    language TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (category_id, language)
);

CREATE TABLE products (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    slug TEXT NOT NULL UNIQUE,
    status TEXT NOT NULL CHECK (status IN ('active', 'draft', 'archived')),
    title TEXT NOT NULL,
    description_html TEXT NOT NULL DEFAULT '',
    brand TEXT NOT NULL DEFAULT '',
    product_type TEXT NOT NULL DEFAULT '',
    tags TEXT NOT NULL DEFAULT '[]',
    option_names TEXT NOT NULL DEFAULT '[]',
    seo_title TEXT NOT NULL DEFAULT '',
    seo_description TEXT NOT NULL DEFAULT '',
    import_hash TEXT NOT NULL DEFAULT '',
    published_at TIMESTAMP NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX products_by_status ON products (status, id);
CREATE INDEX products_by_published ON products (status, published_at, id);
CREATE TABLE product_texts (
    product_id BIGINT NOT NULL REFERENCES products (id),
    language TEXT NOT NULL,
    title TEXT NOT NULL,
    description_html TEXT NOT NULL DEFAULT '',
    seo_title TEXT NOT NULL DEFAULT '',
    seo_description TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (product_id, language)
);
CREATE TABLE product_categories (
    product_id BIGINT NOT NULL REFERENCES products (id),
    category_id BIGINT NOT NULL REFERENCES categories (id),
    PRIMARY KEY (product_id, category_id)
);
CREATE INDEX product_categories_by_category ON product_categories (category_id, product_id);
CREATE TABLE product_attributes (
    product_id BIGINT NOT NULL REFERENCES products (id),
    position BIGINT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (product_id, position)
);
CREATE TABLE product_pictures (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    product_id BIGINT NOT NULL REFERENCES products (id),
    position BIGINT NOT NULL,
    source TEXT NOT NULL,
    alt TEXT NOT NULL DEFAULT '',
    picture_hash TEXT REFERENCES pictures (hash),
    error TEXT,
    UNIQUE (product_id, source)
);
CREATE INDEX product_pictures_by_position ON product_pictures (product_id, position);

CREATE TABLE variants (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    product_id BIGINT NOT NULL REFERENCES products (id),
    position BIGINT NOT NULL,
    sku TEXT UNIQUE,
    barcode TEXT NOT NULL DEFAULT '',
    option_values TEXT NOT NULL DEFAULT '[]',
    picture_source TEXT NOT NULL DEFAULT '',
    weight_grams BIGINT NOT NULL DEFAULT 0 CHECK (weight_grams >= 0),
    requires_shipping BOOLEAN NOT NULL DEFAULT TRUE,
    taxable BOOLEAN NOT NULL DEFAULT TRUE,
    tax_class TEXT NOT NULL DEFAULT 'standard',
    active BOOLEAN NOT NULL DEFAULT TRUE
);
CREATE INDEX variants_by_product ON variants (product_id, position);
CREATE TABLE prices (
    variant_id BIGINT NOT NULL REFERENCES variants (id),
    currency TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount >= 0),
    compare_at BIGINT CHECK (compare_at >= 0),
    cost BIGINT CHECK (cost >= 0),
    PRIMARY KEY (variant_id, currency)
);

-- storefront: stock, by movements only

CREATE TABLE stock_levels (
    variant_id BIGINT PRIMARY KEY NOT NULL REFERENCES variants (id),
    tracked BOOLEAN NOT NULL,
    oversell BOOLEAN NOT NULL,
    on_hand BIGINT NOT NULL DEFAULT 0 CHECK (on_hand >= 0),
    allocated BIGINT NOT NULL DEFAULT 0 CHECK (allocated >= 0),
    held BIGINT NOT NULL DEFAULT 0 CHECK (held >= 0),
    CHECK (oversell OR NOT tracked OR on_hand - allocated - held >= 0)
);
CREATE TABLE stock_movements (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    variant_id BIGINT NOT NULL REFERENCES variants (id),
    kind TEXT NOT NULL,
    on_hand BIGINT NOT NULL,
    allocated BIGINT NOT NULL,
    held BIGINT NOT NULL,
    dedupe_key TEXT NOT NULL UNIQUE,
    order_id BIGINT,
    reason TEXT NOT NULL DEFAULT '',
    actor TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX stock_movements_by_variant ON stock_movements (variant_id, id);
CREATE INDEX stock_movements_by_order ON stock_movements (order_id);

-- storefront: rules of price, tax and delivery

CREATE TABLE tax_rates (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    country TEXT NOT NULL,
    tax_class TEXT NOT NULL,
    name TEXT NOT NULL,
    rate_bp BIGINT NOT NULL CHECK (rate_bp >= 0 AND rate_bp <= 10000),
    UNIQUE (country, tax_class)
);
CREATE TABLE shipping_rates (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    countries TEXT NOT NULL,
    currency TEXT NOT NULL,
    price BIGINT NOT NULL CHECK (price >= 0),
    free_over BIGINT,
    min_weight BIGINT,
    max_weight BIGINT,
    delivery_days TEXT NOT NULL DEFAULT '',
    position BIGINT NOT NULL DEFAULT 0,
    active BOOLEAN NOT NULL DEFAULT TRUE
);
CREATE TABLE coupons (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    code TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('percentage', 'amount', 'free_shipping')),
    percent_bp BIGINT NOT NULL DEFAULT 0 CHECK (percent_bp >= 0 AND percent_bp <= 10000),
    amount BIGINT NOT NULL DEFAULT 0 CHECK (amount >= 0),
    currency TEXT NOT NULL,
    minimum BIGINT NOT NULL DEFAULT 0 CHECK (minimum >= 0),
    starts_at TIMESTAMP,
    ends_at TIMESTAMP,
    max_uses BIGINT,
    max_uses_per_customer BIGINT,
    uses BIGINT NOT NULL DEFAULT 0,
    active BOOLEAN NOT NULL DEFAULT TRUE,
    created_at TIMESTAMP NOT NULL,
    CHECK (uses >= 0 AND (max_uses IS NULL OR uses <= max_uses))
);
CREATE TABLE coupon_balances (
    coupon_id BIGINT NOT NULL REFERENCES coupons (id),
    customer_id BIGINT NOT NULL REFERENCES customers (id),
    uses BIGINT NOT NULL CHECK (uses >= 0),
    PRIMARY KEY (coupon_id, customer_id)
);
CREATE TABLE coupon_movements (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    coupon_id BIGINT NOT NULL REFERENCES coupons (id),
    customer_id BIGINT NOT NULL REFERENCES customers (id),
    order_id BIGINT NOT NULL,
    uses BIGINT NOT NULL CHECK (uses IN (1, -1)),
    created_at TIMESTAMP NOT NULL,
    UNIQUE (order_id, uses)
);
CREATE INDEX coupon_movements_by_coupon ON coupon_movements (coupon_id, id);

-- storefront: the cart

CREATE TABLE carts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    token_hash TEXT UNIQUE,
    customer_id BIGINT REFERENCES customers (id),
    state TEXT NOT NULL CHECK (state IN ('open', 'placed', 'merged')),
    version BIGINT NOT NULL DEFAULT 1,
    currency TEXT NOT NULL,
    language TEXT NOT NULL,
    email TEXT NOT NULL DEFAULT '',
    shipping_address TEXT,
    billing_address TEXT,
    country TEXT NOT NULL DEFAULT '',
    shipping_rate_id BIGINT,
    payment_method TEXT NOT NULL DEFAULT '',
    coupon_code TEXT NOT NULL DEFAULT '',
    note TEXT NOT NULL DEFAULT '',
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX carts_by_customer ON carts (customer_id, state);
CREATE INDEX carts_by_updated ON carts (state, updated_at);
CREATE TABLE cart_lines (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    cart_id BIGINT NOT NULL REFERENCES carts (id),
    variant_id BIGINT NOT NULL REFERENCES variants (id),
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    seen_price BIGINT NOT NULL,
    UNIQUE (cart_id, variant_id)
);

-- storefront: the order, a frozen copy

CREATE TABLE orders (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    number TEXT NOT NULL UNIQUE,
    cart_id BIGINT UNIQUE REFERENCES carts (id),
    customer_id BIGINT NOT NULL REFERENCES customers (id),
    email TEXT NOT NULL,
    language TEXT NOT NULL,
    currency TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'confirmed', 'completed', 'cancelled')),
    payment_status TEXT NOT NULL,
    fulfilment_status TEXT NOT NULL,
    subtotal BIGINT NOT NULL,
    discount BIGINT NOT NULL CHECK (discount >= 0),
    shipping BIGINT NOT NULL CHECK (shipping >= 0),
    shipping_tax BIGINT NOT NULL CHECK (shipping_tax >= 0),
    tax BIGINT NOT NULL CHECK (tax >= 0),
    total BIGINT NOT NULL CHECK (total >= 0),
    prices_include_tax BOOLEAN NOT NULL,
    billing_address TEXT NOT NULL,
    shipping_address TEXT NOT NULL,
    shipping_method TEXT NOT NULL,
    payment_method TEXT NOT NULL,
    coupon_code TEXT NOT NULL DEFAULT '',
    note TEXT NOT NULL DEFAULT '',
    source TEXT NOT NULL DEFAULT 'web',
    payment_due_at TIMESTAMP,
    placed_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX orders_by_customer ON orders (customer_id, id);
CREATE INDEX orders_by_status ON orders (status, id);
CREATE INDEX orders_by_payment_status ON orders (payment_status, id);
CREATE INDEX orders_by_fulfilment_status ON orders (fulfilment_status, id);
CREATE INDEX orders_by_email ON orders (email, id);
CREATE INDEX orders_due ON orders (payment_due_at) WHERE status = 'pending';
CREATE TABLE order_lines (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    order_id BIGINT NOT NULL REFERENCES orders (id),
    position BIGINT NOT NULL,
    variant_id BIGINT REFERENCES variants (id),
    sku TEXT NOT NULL,
    title TEXT NOT NULL,
    options TEXT NOT NULL,
    slug TEXT NOT NULL DEFAULT '',
    picture_hash TEXT,
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    unit_price BIGINT NOT NULL,
    cost BIGINT,
    subtotal BIGINT NOT NULL,
    discount BIGINT NOT NULL CHECK (discount >= 0 AND discount <= subtotal),
    tax BIGINT NOT NULL CHECK (tax >= 0),
    total BIGINT NOT NULL CHECK (total >= 0),
    tax_rate_bp BIGINT NOT NULL,
    tax_reason TEXT NOT NULL,
    weight_grams BIGINT NOT NULL DEFAULT 0,
    requires_shipping BOOLEAN NOT NULL,
    stocked BOOLEAN NOT NULL,
    trace TEXT NOT NULL,
    shipped BIGINT NOT NULL DEFAULT 0,
    cancelled BIGINT NOT NULL DEFAULT 0,
    refunded BIGINT NOT NULL DEFAULT 0,
    CHECK (shipped >= 0 AND cancelled >= 0 AND shipped + cancelled <= quantity),
    CHECK (refunded >= 0 AND refunded <= quantity)
);
CREATE INDEX order_lines_by_order ON order_lines (order_id, position);
CREATE TABLE adjustments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    order_id BIGINT NOT NULL REFERENCES orders (id),
    order_line_id BIGINT REFERENCES order_lines (id),
    source TEXT NOT NULL,
    label TEXT NOT NULL,
    amount BIGINT NOT NULL
);
CREATE INDEX adjustments_by_order ON adjustments (order_id);
CREATE TABLE order_history (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    order_id BIGINT NOT NULL REFERENCES orders (id),
    kind TEXT NOT NULL,
    detail TEXT NOT NULL,
    actor TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX order_history_by_order ON order_history (order_id, id);

-- storefront: money

CREATE TABLE payments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    order_id BIGINT NOT NULL REFERENCES orders (id),
    provider TEXT NOT NULL,
    provider_reference TEXT,
    redirect TEXT,
    state TEXT NOT NULL CHECK (state IN ('open', 'authorised', 'captured', 'voided', 'failed', 'expired')),
    currency TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount >= 0),
    authorised BIGINT NOT NULL DEFAULT 0,
    captured BIGINT NOT NULL DEFAULT 0,
    refunded BIGINT NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT '',
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    UNIQUE (provider, provider_reference),
    CHECK (authorised >= 0 AND captured >= 0 AND captured <= authorised),
    CHECK (refunded >= 0 AND refunded <= captured)
);
CREATE INDEX payments_by_order ON payments (order_id);
CREATE INDEX payments_by_state ON payments (state, updated_at);
CREATE TABLE captures (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    payment_id BIGINT NOT NULL REFERENCES payments (id),
    amount BIGINT NOT NULL CHECK (amount > 0),
    state TEXT NOT NULL CHECK (state IN ('requested', 'settled', 'failed')),
    error TEXT NOT NULL DEFAULT '',
    actor TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX captures_by_payment ON captures (payment_id);
CREATE TABLE refunds (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    order_id BIGINT NOT NULL REFERENCES orders (id),
    payment_id BIGINT NOT NULL REFERENCES payments (id),
    amount BIGINT NOT NULL CHECK (amount > 0),
    shipping BIGINT NOT NULL DEFAULT 0 CHECK (shipping >= 0),
    state TEXT NOT NULL CHECK (state IN ('requested', 'settled', 'failed')),
    provider_reference TEXT,
    reason TEXT NOT NULL,
    error TEXT NOT NULL DEFAULT '',
    actor TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    settled_at TIMESTAMP
);
CREATE INDEX refunds_by_order ON refunds (order_id);
CREATE INDEX refunds_by_payment ON refunds (payment_id);
CREATE TABLE refund_lines (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    refund_id BIGINT NOT NULL REFERENCES refunds (id),
    order_line_id BIGINT NOT NULL REFERENCES order_lines (id),
    quantity BIGINT NOT NULL CHECK (quantity >= 0),
    amount BIGINT NOT NULL CHECK (amount >= 0),
    tax BIGINT NOT NULL CHECK (tax >= 0),
    restocked BOOLEAN NOT NULL
);
CREATE INDEX refund_lines_by_refund ON refund_lines (refund_id);
CREATE INDEX refund_lines_by_line ON refund_lines (order_line_id);
CREATE TABLE webhook_events (
    provider TEXT NOT NULL,
    event_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    reference TEXT NOT NULL,
    received_at TIMESTAMP NOT NULL,
    PRIMARY KEY (provider, event_id)
);
CREATE TABLE payment_cases (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    payment_id BIGINT NOT NULL UNIQUE REFERENCES payments (id),
    order_id BIGINT NOT NULL REFERENCES orders (id),
    reason TEXT NOT NULL,
    amount BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'resolved')),
    created_at TIMESTAMP NOT NULL,
    resolved_at TIMESTAMP
);
CREATE INDEX payment_cases_by_state ON payment_cases (state, id);

CREATE TABLE shipments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    order_id BIGINT NOT NULL REFERENCES orders (id),
    carrier TEXT NOT NULL DEFAULT '',
    tracking_number TEXT NOT NULL DEFAULT '',
    tracking_url TEXT NOT NULL DEFAULT '',
    actor TEXT NOT NULL,
    shipped_at TIMESTAMP NOT NULL
);
CREATE INDEX shipments_by_order ON shipments (order_id);
CREATE TABLE shipment_lines (
    shipment_id BIGINT NOT NULL REFERENCES shipments (id),
    order_line_id BIGINT NOT NULL REFERENCES order_lines (id),
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (shipment_id, order_line_id)
);

-- storefront: what lets a customer in, and ship to them

CREATE TABLE logins (
    customer_id BIGINT PRIMARY KEY NOT NULL REFERENCES customers (id),
    password_hash TEXT NOT NULL,
    verified_at TIMESTAMP,
    created_at TIMESTAMP NOT NULL
);
CREATE TABLE sessions (
    token_hash TEXT PRIMARY KEY NOT NULL,
    customer_id BIGINT NOT NULL REFERENCES customers (id),
    user_agent TEXT NOT NULL DEFAULT '',
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL
);
CREATE INDEX sessions_by_customer ON sessions (customer_id);
CREATE TABLE login_tokens (
    token_hash TEXT PRIMARY KEY NOT NULL,
    purpose TEXT NOT NULL CHECK (purpose IN ('verify', 'reset')),
    customer_id BIGINT NOT NULL REFERENCES customers (id),
    expires_at TIMESTAMP NOT NULL,
    used_at TIMESTAMP
);
CREATE INDEX login_tokens_by_customer ON login_tokens (customer_id);
CREATE TABLE addresses (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id BIGINT NOT NULL REFERENCES customers (id),
    address TEXT NOT NULL,
    is_default BOOLEAN NOT NULL DEFAULT FALSE,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX addresses_by_customer ON addresses (customer_id);

CREATE TABLE content_pages (
    slug TEXT NOT NULL,
    language TEXT NOT NULL,
    title TEXT NOT NULL,
    body_html TEXT NOT NULL,
    position BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (slug, language)
);

CREATE TABLE api_keys (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    key_hash TEXT NOT NULL UNIQUE,
    scopes TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP,
    revoked_at TIMESTAMP
);

-- admin: who works here, and what they did

CREATE TABLE staff (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    active BOOLEAN NOT NULL DEFAULT TRUE,
    created_at TIMESTAMP NOT NULL
);
CREATE TABLE staff_sessions (
    token_hash TEXT PRIMARY KEY NOT NULL,
    staff_id BIGINT NOT NULL REFERENCES staff (id),
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL
);
CREATE INDEX staff_sessions_by_staff ON staff_sessions (staff_id);
CREATE TABLE audit_log (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    staff_id BIGINT NOT NULL REFERENCES staff (id),
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX audit_log_by_subject ON audit_log (subject, id);
