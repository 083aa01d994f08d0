-- kernel: what a merchant says about the mail servers that are configured, each known by its name there.
CREATE TABLE mail_transports (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    -- Its share of the mail of campaigns; 0: only when no other can take it.
    weight BIGINT NOT NULL CHECK (weight BETWEEN 0 AND 1000),
    per_hour BIGINT CHECK (per_hour > 0),
    -- Since when it is warmed up: so many mails on the first day, by so many per cent more on each day after.
    warm_from TIMESTAMP,
    warm_first BIGINT NOT NULL DEFAULT 0 CHECK (warm_first >= 0),
    warm_growth BIGINT NOT NULL DEFAULT 0 CHECK (warm_growth BETWEEN 0 AND 1000)
);

-- kernel: how much mail of campaigns the mailboxes of a domain are sent at most.
CREATE TABLE mail_rates (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    domain TEXT NOT NULL UNIQUE,
    per_minute BIGINT CHECK (per_minute > 0),
    -- By each mail server.
    per_day BIGINT CHECK (per_day > 0)
);

-- kernel: what was taken of a limit in a minute, an hour or a day, in parts that a process takes before it sends.
CREATE TABLE mail_quotas (
    -- 0: of all of them together.
    transport_id BIGINT NOT NULL,
    -- Empty: to all domains.
    domain TEXT NOT NULL,
    span TEXT NOT NULL CHECK (span IN ('minute', 'hour', 'day')),
    starts_at TIMESTAMP NOT NULL,
    used BIGINT NOT NULL CHECK (used >= 0),
    PRIMARY KEY (transport_id, domain, span, starts_at)
);
CREATE INDEX mail_quotas_by_time ON mail_quotas (starts_at);

-- kernel: domains that mail is from.
CREATE TABLE sending_domains (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    domain TEXT NOT NULL UNIQUE,
    -- Who may send in its name, as SPF says it (RFC 7208): mechanisms with a space between them.
    spf TEXT NOT NULL,
    -- The domain of the address that bounces go to; empty: to the sender.
    return_path TEXT NOT NULL,
    -- JSON: what the last look at the DNS found.
    found TEXT NOT NULL,
    checked_at TIMESTAMP,
    created_at TIMESTAMP NOT NULL
);

-- kernel: keys that mail is signed with (RFC 6376). One signs from when its record was seen until it is retired.
CREATE TABLE dkim_keys (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    domain_id BIGINT NOT NULL REFERENCES sending_domains (id),
    algorithm TEXT NOT NULL CHECK (algorithm IN ('rsa', 'ed25519')),
    selector TEXT NOT NULL,
    -- PKCS#8 in base64. Leaves the database in a backup and in no other way.
    private_key TEXT NOT NULL,
    -- As its record says it.
    public_key TEXT NOT NULL,
    made_at TIMESTAMP NOT NULL,
    seen_at TIMESTAMP,
    retired_at TIMESTAMP,
    UNIQUE (domain_id, selector)
);
