-- storefront: which orders of a company wait for a yes, who said what, and the budgets that orders are held against.
CREATE TABLE approval_rules (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    company_id BIGINT NOT NULL REFERENCES companies (id),
    name TEXT NOT NULL,
    position BIGINT NOT NULL DEFAULT 0,
    active BOOLEAN NOT NULL DEFAULT TRUE,
    -- When it holds and who may say yes, as JSON.
    condition TEXT NOT NULL,
    approvers TEXT NOT NULL,
    -- How many of them have to.
    needed BIGINT NOT NULL CHECK (needed > 0),
    deadline_hours BIGINT CHECK (deadline_hours > 0),
    version BIGINT NOT NULL DEFAULT 1
);
CREATE INDEX approval_rules_of_company ON approval_rules (company_id, position, id);

-- Who answers for a member while they are away.
CREATE TABLE approval_delegates (
    member_id BIGINT PRIMARY KEY REFERENCES company_members (id),
    to_member_id BIGINT NOT NULL REFERENCES company_members (id),
    starts_on TEXT NOT NULL,
    ends_on TEXT NOT NULL,
    CHECK (to_member_id <> member_id)
);
CREATE INDEX approval_delegates_to ON approval_delegates (to_member_id);

CREATE TABLE approvals (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    company_id BIGINT NOT NULL REFERENCES companies (id),
    -- The cart as it was at this version: a changed one has to be asked for again. It may be gone by now.
    cart_id BIGINT NOT NULL,
    cart_version BIGINT NOT NULL,
    total BIGINT NOT NULL,
    due BIGINT NOT NULL,
    currency TEXT NOT NULL,
    -- The member who asks.
    member_id BIGINT NOT NULL REFERENCES company_members (id),
    -- The site that it is for and those above it, by id with blanks between.
    sites TEXT NOT NULL DEFAULT '',
    cost_centre TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'approved', 'refused', 'void', 'expired', 'placed')),
    -- What was asked for, as JSON: later changes of rules do not touch it.
    requirements TEXT NOT NULL,
    note TEXT NOT NULL DEFAULT '',
    -- Why it ended as it did, as the key of a text.
    reason TEXT NOT NULL DEFAULT '',
    version BIGINT NOT NULL DEFAULT 1,
    created_at TIMESTAMP NOT NULL,
    decided_at TIMESTAMP,
    order_id BIGINT REFERENCES orders (id),
    expires_at TIMESTAMP,
    -- When those who did not answer are asked once more.
    remind_at TIMESTAMP
);
CREATE UNIQUE INDEX approvals_open ON approvals (cart_id) WHERE state IN ('waiting', 'approved');
CREATE INDEX approvals_by_state ON approvals (state, company_id, id);
CREATE INDEX approvals_of_company ON approvals (company_id, id);
CREATE INDEX approvals_of_member ON approvals (member_id, id);
CREATE INDEX approvals_of_order ON approvals (order_id) WHERE order_id IS NOT NULL;

CREATE TABLE approval_votes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    approval_id BIGINT NOT NULL REFERENCES approvals (id),
    member_id BIGINT NOT NULL REFERENCES company_members (id),
    answer TEXT NOT NULL CHECK (answer IN ('yes', 'no')),
    -- The requirements that it counts for, by their places with blanks between.
    counts TEXT NOT NULL,
    note TEXT NOT NULL DEFAULT '',
    at TIMESTAMP NOT NULL,
    UNIQUE (approval_id, member_id)
);
CREATE INDEX approval_votes_of_member ON approval_votes (member_id);

CREATE TABLE budgets (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    company_id BIGINT NOT NULL REFERENCES companies (id),
    name TEXT NOT NULL,
    -- Whose orders it holds; without any of them, all of the company.
    member_id BIGINT REFERENCES company_members (id),
    site_id BIGINT REFERENCES company_sites (id),
    cost_centre TEXT NOT NULL DEFAULT '',
    period TEXT NOT NULL CHECK (period IN ('month', 'quarter', 'year')),
    amount BIGINT NOT NULL CHECK (amount >= 0),
    currency TEXT NOT NULL,
    -- What becomes of an order beyond it.
    beyond TEXT NOT NULL DEFAULT 'refuse' CHECK (beyond IN ('refuse', 'approve')),
    active BOOLEAN NOT NULL DEFAULT TRUE,
    version BIGINT NOT NULL DEFAULT 1
);
CREATE INDEX budgets_of_company ON budgets (company_id, id);

-- What was spent of a budget in the period that begins on this day. Moved with the entries alone.
CREATE TABLE budget_periods (
    budget_id BIGINT NOT NULL REFERENCES budgets (id),
    starts_on TEXT NOT NULL,
    spent BIGINT NOT NULL DEFAULT 0 CHECK (spent >= 0),
    PRIMARY KEY (budget_id, starts_on)
);

-- Only ever added to.
CREATE TABLE budget_entries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    budget_id BIGINT NOT NULL REFERENCES budgets (id),
    starts_on TEXT NOT NULL,
    order_id BIGINT NOT NULL REFERENCES orders (id),
    amount BIGINT NOT NULL,
    key TEXT NOT NULL UNIQUE,
    at TIMESTAMP NOT NULL
);
CREATE INDEX budget_entries_of_order ON budget_entries (order_id, budget_id);
CREATE INDEX budget_entries_of_budget ON budget_entries (budget_id, starts_on, id);
