-- crm: mail to many. A campaign of the kind step is the mail of a step of a journey.
CREATE TABLE campaigns (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('campaign', 'step')),
    name TEXT NOT NULL,
    store_id BIGINT NOT NULL,
    -- What somebody has to have allowed: a topic of the channel email.
    topic TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('draft', 'scheduled', 'paused', 'cancelled')),
    -- JSON: whom it is for, and whom not.
    audience TEXT NOT NULL,
    -- Basis points of the audience that get nothing, to compare with.
    control_bp BIGINT NOT NULL CHECK (control_bp BETWEEN 0 AND 9000),
    -- JSON: when, how fast, and how often at most.
    plan TEXT NOT NULL,
    -- JSON: what is tried out, on how many, and who wins.
    trial TEXT NOT NULL,
    winner_id BIGINT,
    starts_at TIMESTAMP,
    -- The audience is frozen up to this customer, and whole since.
    frozen_to BIGINT NOT NULL DEFAULT 0,
    frozen_at TIMESTAMP,
    version BIGINT NOT NULL DEFAULT 1,
    created_at TIMESTAMP NOT NULL,
    changed_at TIMESTAMP NOT NULL
);
CREATE INDEX campaigns_listed ON campaigns (kind, id);
CREATE INDEX campaigns_live ON campaigns (starts_at) WHERE state = 'scheduled';

-- crm: what a campaign says. Without a trial there is one.
CREATE TABLE campaign_variants (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    campaign_id BIGINT NOT NULL REFERENCES campaigns (id),
    position BIGINT NOT NULL,
    -- JSON of the shop: sender, subjects and blocks by language.
    content TEXT NOT NULL,
    version BIGINT NOT NULL DEFAULT 1,
    changed_at TIMESTAMP NOT NULL,
    UNIQUE (campaign_id, position)
);

-- crm: one row per campaign and person (and enrolment, for the step of a journey). The control group has rows too.
CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    campaign_id BIGINT NOT NULL REFERENCES campaigns (id),
    customer_id BIGINT NOT NULL REFERENCES customers (id),
    -- The enrolment in a journey; 0 of a campaign.
    round BIGINT NOT NULL DEFAULT 0,
    arm TEXT NOT NULL CHECK (arm IN ('given', 'control')),
    -- Empty until it is chosen.
    variant_id BIGINT REFERENCES campaign_variants (id),
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sending', 'accepted', 'refused', 'skipped', 'unknown', 'cancelled', 'control')),
    -- Why it was refused or skipped: a key of a text, or a status of a mail server (RFC 3463).
    reason TEXT NOT NULL DEFAULT '',
    due_at TIMESTAMP NOT NULL,
    leased_until TIMESTAMP,
    attempts BIGINT NOT NULL DEFAULT 0,
    -- Without angle brackets, made when the row is.
    message_id TEXT NOT NULL,
    transport TEXT NOT NULL DEFAULT '',
    sent_at TIMESTAMP,
    bounced_at TIMESTAMP,
    complained_at TIMESTAMP,
    opened_at TIMESTAMP,
    clicked_at TIMESTAMP,
    unsubscribed_at TIMESTAMP,
    UNIQUE (campaign_id, customer_id, round)
);
CREATE UNIQUE INDEX deliveries_by_message ON deliveries (message_id);
CREATE INDEX deliveries_due ON deliveries (campaign_id, due_at, id) WHERE state = 'waiting';
CREATE INDEX deliveries_leased ON deliveries (leased_until) WHERE state = 'sending';
CREATE INDEX deliveries_of_customer ON deliveries (customer_id, sent_at);
CREATE INDEX deliveries_in_state ON deliveries (campaign_id, state, id);

-- crm: how many deliveries stand where, kept in the transaction that moves them, so that no page counts them.
CREATE TABLE delivery_counts (
    campaign_id BIGINT NOT NULL REFERENCES campaigns (id),
    -- 0 before one is chosen.
    variant_id BIGINT NOT NULL,
    -- A state, or a moment such as opened.
    what TEXT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (campaign_id, variant_id, what)
);

-- crm: what was done with a mail that was delivered, machines among them.
CREATE TABLE delivery_hits (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    delivery_id BIGINT NOT NULL REFERENCES deliveries (id),
    kind TEXT NOT NULL CHECK (kind IN ('open', 'click', 'view')),
    -- Where the link led; empty of an open.
    target TEXT NOT NULL,
    -- Why a machine did it: words with a space between them; empty of a person.
    machine TEXT NOT NULL,
    happened_at TIMESTAMP NOT NULL
);
CREATE INDEX delivery_hits_of ON delivery_hits (delivery_id, id);
