-- crm: what happens with people step by step. The draft is what staff draw; people walk versions.
CREATE TABLE journeys (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('draft', 'live', 'paused', 'ended')),
    -- JSON: what is drawn now.
    draft TEXT NOT NULL,
    -- The version that people enter.
    version_id BIGINT,
    -- Of its mails: the store, and what somebody has to have allowed.
    store_id BIGINT NOT NULL,
    topic TEXT NOT NULL,
    -- The shop's time zone, as IANA names it, for whoever's is not known.
    zone TEXT NOT NULL DEFAULT 'UTC',
    version BIGINT NOT NULL DEFAULT 1,
    created_at TIMESTAMP NOT NULL,
    changed_at TIMESTAMP NOT NULL
);
CREATE INDEX journeys_live ON journeys (id) WHERE state IN ('live', 'paused');

-- crm: what was published. Never changed: whoever entered walks it to its end.
CREATE TABLE journey_versions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    journey_id BIGINT NOT NULL REFERENCES journeys (id),
    number BIGINT NOT NULL,
    graph TEXT NOT NULL,
    published_at TIMESTAMP NOT NULL,
    UNIQUE (journey_id, number)
);

-- crm: somebody who entered a journey.
CREATE TABLE enrolments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    journey_id BIGINT NOT NULL REFERENCES journeys (id),
    version_id BIGINT NOT NULL REFERENCES journey_versions (id),
    customer_id BIGINT NOT NULL REFERENCES customers (id),
    -- What they entered by, so that nothing enters them twice.
    entry TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'done', 'left')),
    -- Where they are, and since when they wait there; 0 behind the last step.
    node BIGINT NOT NULL,
    since TIMESTAMP,
    -- When the wait is over, and when to look at them again: earlier than that when something happened.
    due_at TIMESTAMP NOT NULL,
    wake_at TIMESTAMP NOT NULL,
    -- The kind of entry that they wait for, and whether it came.
    awaits TEXT NOT NULL DEFAULT '',
    came BOOLEAN NOT NULL DEFAULT FALSE,
    -- Whether a goal or an exit may take them out meanwhile.
    checks BOOLEAN NOT NULL,
    -- How often they were looked at: two workers never take the same step.
    steps BIGINT NOT NULL DEFAULT 0,
    entered_at TIMESTAMP NOT NULL,
    ended_at TIMESTAMP,
    ending TEXT NOT NULL DEFAULT '',
    UNIQUE (journey_id, customer_id, entry)
);
CREATE UNIQUE INDEX enrolments_active ON enrolments (customer_id, journey_id) WHERE state = 'active';
CREATE INDEX enrolments_of_customer ON enrolments (customer_id, id);
CREATE INDEX enrolments_due ON enrolments (journey_id, wake_at) WHERE state = 'active';
CREATE INDEX enrolments_listed ON enrolments (journey_id, state, id);
CREATE INDEX enrolments_at ON enrolments (journey_id, node, id) WHERE state = 'active';

-- crm: what somebody's journey was, only ever added to.
CREATE TABLE enrolment_log (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    enrolment_id BIGINT NOT NULL REFERENCES enrolments (id),
    node BIGINT NOT NULL,
    -- The kind of the step, or enter, end.
    what TEXT NOT NULL,
    result TEXT NOT NULL,
    happened_at TIMESTAMP NOT NULL
);
CREATE INDEX enrolment_log_of ON enrolment_log (enrolment_id, id);

-- crm: how many went where, kept in the transaction that moves them. Node 0 is the journey itself.
CREATE TABLE journey_counts (
    journey_id BIGINT NOT NULL REFERENCES journeys (id),
    node BIGINT NOT NULL,
    what TEXT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (journey_id, node, what)
);

-- crm: what a draft would have done with what really happened.
CREATE TABLE rehearsals (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    journey_id BIGINT NOT NULL REFERENCES journeys (id),
    graph TEXT NOT NULL,
    begins_at TIMESTAMP NOT NULL,
    ends_at TIMESTAMP NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'failed')),
    -- JSON: how many went where.
    counts TEXT NOT NULL DEFAULT '{}',
    asked_at TIMESTAMP NOT NULL,
    done_at TIMESTAMP
);
CREATE INDEX rehearsals_of ON rehearsals (journey_id, id);

-- crm: what some of the people of a rehearsal would have got, and when.
CREATE TABLE rehearsal_acts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    rehearsal_id BIGINT NOT NULL REFERENCES rehearsals (id),
    customer_id BIGINT NOT NULL REFERENCES customers (id),
    node BIGINT NOT NULL,
    what TEXT NOT NULL,
    result TEXT NOT NULL,
    happened_at TIMESTAMP NOT NULL
);
CREATE INDEX rehearsal_acts_of ON rehearsal_acts (rehearsal_id, id);
CREATE INDEX rehearsal_acts_of_customer ON rehearsal_acts (customer_id);
