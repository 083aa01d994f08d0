-- storefront: companies whose programs order by EDI, and every message from and to them.
CREATE TABLE trading_partners (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    company_id BIGINT NOT NULL REFERENCES companies (id),
    -- In whose name its orders are placed.
    member_id BIGINT NOT NULL REFERENCES company_members (id),
    store_id BIGINT NOT NULL REFERENCES stores (id),
    kind TEXT NOT NULL,
    -- What the shop and the partner are called in interchanges; behind a colon the qualifier, if there is one.
    own_id TEXT NOT NULL,
    partner_id TEXT NOT NULL,
    secret_hash TEXT NOT NULL,
    active BOOLEAN NOT NULL DEFAULT TRUE,
    -- The control number of the last interchange that was written for it.
    last_control BIGINT NOT NULL DEFAULT 0,
    version BIGINT NOT NULL DEFAULT 1,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE INDEX trading_partners_of_company ON trading_partners (company_id);
CREATE INDEX trading_partners_of_member ON trading_partners (member_id);

CREATE TABLE edi_messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    partner_id BIGINT NOT NULL REFERENCES trading_partners (id),
    -- in or out.
    direction TEXT NOT NULL,
    -- What it is: ORDERS, 850, DESADV and so on.
    kind TEXT NOT NULL,
    -- The control numbers of interchange and message; none of what could not be read.
    control TEXT,
    -- What an outgoing message is about, so that it is written once.
    subject TEXT,
    -- The number people know it by: of the purchase order, the parcel or the document.
    number TEXT NOT NULL,
    raw TEXT NOT NULL,
    state TEXT NOT NULL,
    -- Why it was refused: a key of a text, with its arguments.
    error TEXT NOT NULL DEFAULT '',
    order_id BIGINT REFERENCES orders (id),
    at TIMESTAMP NOT NULL,
    UNIQUE (partner_id, direction, control)
);
CREATE INDEX edi_messages_of_partner ON edi_messages (partner_id, id);
CREATE INDEX edi_messages_by_number ON edi_messages (partner_id, number);
CREATE INDEX edi_messages_of_order ON edi_messages (order_id, id) WHERE order_id IS NOT NULL;
CREATE UNIQUE INDEX edi_messages_one_source ON edi_messages (order_id) WHERE direction = 'in' AND order_id IS NOT NULL;
CREATE UNIQUE INDEX edi_messages_one_subject ON edi_messages (partner_id, subject) WHERE state <> 'failed' AND subject IS NOT NULL;

-- People of a company who fill a cart for their procurement system; the browser holds the secret.
CREATE TABLE punchouts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    partner_id BIGINT NOT NULL REFERENCES trading_partners (id),
    token_hash TEXT NOT NULL UNIQUE,
    -- Of the ticket that it was begun with: a ticket is used once.
    nonce TEXT NOT NULL UNIQUE,
    return_url TEXT NOT NULL,
    cookie TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL
);
CREATE INDEX punchouts_of_partner ON punchouts (partner_id);

-- The punch-out that a cart is filled for: it is never placed here.
ALTER TABLE carts ADD COLUMN punchout_id BIGINT;
