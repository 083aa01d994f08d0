-- crm: what may be sold, to whom, how likely and by when; who of the staff looks after a company, and what they get for it.
-- A stage of the shop's own has no code.
CREATE TABLE sales_stages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    code TEXT NOT NULL DEFAULT '',
    name TEXT NOT NULL DEFAULT '',
    -- How likely somebody buys who is here, in hundredths of a percent.
    probability_bp BIGINT NOT NULL CHECK (probability_bp BETWEEN 0 AND 10000),
    kind TEXT NOT NULL CHECK (kind IN ('open', 'won', 'lost')),
    position BIGINT NOT NULL,
    -- A quote that goes out moves its opportunity here.
    at_quote BOOLEAN NOT NULL DEFAULT FALSE,
    active BOOLEAN NOT NULL DEFAULT TRUE
);
CREATE UNIQUE INDEX sales_stages_built_in ON sales_stages (code) WHERE code <> '';
INSERT INTO sales_stages (code, probability_bp, kind, position, at_quote) VALUES
    ('new', 1000, 'open', 1, FALSE),
    ('qualified', 2500, 'open', 2, FALSE),
    ('proposal', 5000, 'open', 3, TRUE),
    ('negotiation', 7500, 'open', 4, FALSE),
    ('won', 10000, 'won', 5, FALSE),
    ('lost', 0, 'lost', 6, FALSE);

CREATE TABLE opportunities (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    company_id BIGINT REFERENCES companies (id),
    customer_id BIGINT REFERENCES customers (id),
    -- Somebody who is no customer yet.
    contact_name TEXT NOT NULL DEFAULT '',
    contact_email TEXT NOT NULL DEFAULT '',
    contact_phone TEXT NOT NULL DEFAULT '',
    contact_company TEXT NOT NULL DEFAULT '',
    title TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount >= 0),
    currency TEXT NOT NULL,
    stage_id BIGINT NOT NULL REFERENCES sales_stages (id),
    -- The kind of its stage.
    state TEXT NOT NULL CHECK (state IN ('open', 'won', 'lost')),
    stage_since TIMESTAMP NOT NULL,
    -- Whoever of the staff looks after it, by their number.
    owner BIGINT,
    next_step TEXT NOT NULL DEFAULT '',
    -- Days: YYYY-MM-DD.
    next_on TEXT,
    expected_on TEXT,
    source TEXT NOT NULL DEFAULT '',
    -- The quote that it is about, by its number.
    quote_id BIGINT,
    -- The next order of the company closes it.
    with_order BOOLEAN NOT NULL DEFAULT FALSE,
    order_id BIGINT,
    version BIGINT NOT NULL DEFAULT 1,
    created_by TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    closed_at TIMESTAMP
);
CREATE INDEX opportunities_by_state ON opportunities (state, id);
CREATE INDEX opportunities_of_stage ON opportunities (stage_id, id);
CREATE INDEX opportunities_of_owner ON opportunities (owner, id) WHERE owner IS NOT NULL;
CREATE INDEX opportunities_of_company ON opportunities (company_id, id) WHERE company_id IS NOT NULL;
CREATE INDEX opportunities_of_customer ON opportunities (customer_id, id) WHERE customer_id IS NOT NULL;
CREATE INDEX opportunities_of_contact ON opportunities (contact_email);
CREATE INDEX opportunities_of_quote ON opportunities (quote_id) WHERE quote_id IS NOT NULL;

-- Only ever added to: how an opportunity came where it is.
CREATE TABLE opportunity_history (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    opportunity_id BIGINT NOT NULL REFERENCES opportunities (id),
    at TIMESTAMP NOT NULL,
    actor TEXT NOT NULL,
    what TEXT NOT NULL,
    stage_id BIGINT NOT NULL REFERENCES sales_stages (id),
    amount BIGINT NOT NULL
);
CREATE INDEX opportunity_history_of_opportunity ON opportunity_history (opportunity_id, id);

-- What was said with whom: about an opportunity, or with a customer of the call list.
CREATE TABLE opportunity_activities (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    opportunity_id BIGINT REFERENCES opportunities (id),
    customer_id BIGINT REFERENCES customers (id),
    kind TEXT NOT NULL CHECK (kind IN ('call', 'meeting', 'mail', 'note')),
    text TEXT NOT NULL,
    at TIMESTAMP NOT NULL,
    actor TEXT NOT NULL,
    CHECK (opportunity_id IS NOT NULL OR customer_id IS NOT NULL)
);
CREATE INDEX opportunity_activities_of_opportunity ON opportunity_activities (opportunity_id, id) WHERE opportunity_id IS NOT NULL;
CREATE INDEX opportunity_activities_of_customer ON opportunity_activities (customer_id, at) WHERE customer_id IS NOT NULL;

-- Who of the staff looked after a company from when to when.
CREATE TABLE company_owners (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    company_id BIGINT NOT NULL REFERENCES companies (id),
    staff_id BIGINT NOT NULL,
    owned_from TIMESTAMP NOT NULL,
    owned_until TIMESTAMP
);
CREATE UNIQUE INDEX company_owners_now ON company_owners (company_id) WHERE owned_until IS NULL;
CREATE INDEX company_owners_of_company ON company_owners (company_id, id);

-- What somebody gets of the money of the companies they look after, in hundredths of a percent, from a day on (YYYY-MM-DD).
CREATE TABLE commission_rates (
    staff_id BIGINT NOT NULL,
    starts_on TEXT NOT NULL,
    rate_bp BIGINT NOT NULL CHECK (rate_bp BETWEEN 0 AND 10000),
    PRIMARY KEY (staff_id, starts_on)
);
