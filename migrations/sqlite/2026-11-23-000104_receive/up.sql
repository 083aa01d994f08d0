-- crm: what mail to many is about. People allow each topic for itself.
CREATE TABLE mail_topics (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- The topic as the ledger of consents names it. It never changes.
    code TEXT NOT NULL UNIQUE,
    position BIGINT NOT NULL,
    -- Whether people choose it themselves; else only whom staff or a program recorded a yes of.
    public BOOLEAN NOT NULL,
    -- JSON: by language.
    names TEXT NOT NULL,
    descriptions TEXT NOT NULL,
    changed_at TIMESTAMP NOT NULL
);
INSERT INTO mail_topics (code, position, public, names, descriptions, changed_at)
VALUES ('news', 1, TRUE, '{"en":"News and offers","zh":"新闻与优惠"}',
    '{"en":"What is new in the shop, and what is reduced.","zh":"店铺上新与折扣信息。"}', '2026-11-23 00:00:00');

-- crm: how often somebody wants mail of campaigns, a ledger: the last row counts, and without one there is no limit.
CREATE TABLE mail_frequencies (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id BIGINT NOT NULL REFERENCES customers (id),
    at_most TEXT NOT NULL CHECK (at_most IN ('all', 'weekly', 'monthly', 'none')),
    said_at TIMESTAMP NOT NULL
);
CREATE INDEX mail_frequencies_of ON mail_frequencies (customer_id, id);

-- crm: who asked for mail and did not confirm yet. What is confirmed or too old is deleted.
CREATE TABLE mail_sign_ups (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    language TEXT NOT NULL,
    store_id BIGINT NOT NULL,
    -- Codes of topics with a space between them.
    topics TEXT NOT NULL,
    -- Which text they agreed to: a digest of it.
    said TEXT NOT NULL,
    -- A hash of what the link in the mail carries.
    secret TEXT NOT NULL UNIQUE,
    asked_at TIMESTAMP NOT NULL
);
CREATE INDEX mail_sign_ups_of ON mail_sign_ups (email_key);
CREATE INDEX mail_sign_ups_by_time ON mail_sign_ups (asked_at);

-- crm: how many addresses are suppressed and why, kept in the transaction that changes it.
CREATE TABLE suppression_counts (
    reason TEXT PRIMARY KEY,
    count BIGINT NOT NULL
);
ALTER TABLE suppressions ADD COLUMN reason TEXT NOT NULL DEFAULT 'unsaid';
ALTER TABLE suppressions ADD COLUMN note TEXT NOT NULL DEFAULT '';
INSERT INTO suppression_counts (reason, count)
SELECT 'unsaid', COUNT(*) FROM suppressions WHERE channel = 'email';
CREATE INDEX suppressions_listed ON suppressions (channel, created_at, address_hash);
