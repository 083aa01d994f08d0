-- The terms under which promotions without a code were in force, and when: what shelves showed in the past follows from them.
CREATE TABLE promotion_terms (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    promotion_id BIGINT NOT NULL REFERENCES promotions (id),
    stacking BIGINT NOT NULL,
    exclusive BOOLEAN NOT NULL,
    starts_at TIMESTAMP,
    ends_at TIMESTAMP,
    rules TEXT NOT NULL,
    valid_from TIMESTAMP NOT NULL,
    valid_until TIMESTAMP,
    CHECK (valid_until IS NULL OR valid_until > valid_from)
);
CREATE UNIQUE INDEX promotion_terms_open ON promotion_terms (promotion_id) WHERE valid_until IS NULL;

-- Of those that are live nothing else is known than their last change.
INSERT INTO promotion_terms (promotion_id, stacking, exclusive, starts_at, ends_at, rules, valid_from)
SELECT id, stacking, exclusive, starts_at, ends_at, rules, updated_at FROM promotions WHERE state = 'active' AND NOT needs_code;
