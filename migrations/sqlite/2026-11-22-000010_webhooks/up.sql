-- storefront: programs that are told of what happens
CREATE TABLE webhook_endpoints (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    url TEXT NOT NULL,
    -- Kinds of events separated by blanks; empty for all.
    kinds TEXT NOT NULL,
    secret TEXT NOT NULL,
    -- The secret before, which signs beside the new one until then.
    old_secret TEXT,
    old_until TIMESTAMP,
    active BOOLEAN NOT NULL,
    -- Failed attempts since the last one that arrived.
    failures BIGINT NOT NULL DEFAULT 0,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE TABLE webhook_messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    endpoint_id BIGINT NOT NULL REFERENCES webhook_endpoints (id) ON DELETE CASCADE,
    key TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed')),
    attempts BIGINT NOT NULL DEFAULT 0,
    next_at TIMESTAMP,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX webhook_messages_by_endpoint ON webhook_messages (endpoint_id, state, id);
CREATE INDEX webhook_messages_by_time ON webhook_messages (created_at);
CREATE TABLE webhook_attempts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id BIGINT NOT NULL REFERENCES webhook_messages (id) ON DELETE CASCADE,
    status BIGINT,
    error TEXT NOT NULL,
    millis BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX webhook_attempts_by_message ON webhook_attempts (message_id, id);
