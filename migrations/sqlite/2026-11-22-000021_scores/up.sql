-- crm: what is worked out of a customer's purchases, kept with each order and again every night.

CREATE TABLE scores (
    customer_id BIGINT PRIMARY KEY NOT NULL REFERENCES customers (id),
    currency TEXT NOT NULL,
    orders BIGINT NOT NULL,
    value BIGINT NOT NULL,
    first_at TIMESTAMP NOT NULL,
    last_at TIMESTAMP NOT NULL,
    stage TEXT NOT NULL CHECK (stage IN ('new', 'regular', 'slipping', 'lapsed')),
    recency BIGINT CHECK (recency BETWEEN 1 AND 5),
    frequency BIGINT CHECK (frequency BETWEEN 1 AND 5),
    monetary BIGINT CHECK (monetary BETWEEN 1 AND 5),
    standing TEXT,
    -- Per mille, and thousandths of a visit.
    again_90 BIGINT,
    expected_365 BIGINT,
    value_365 BIGINT
);
CREATE INDEX scores_by_value ON scores (value, customer_id);
CREATE INDEX scores_by_last ON scores (last_at, customer_id);
CREATE INDEX scores_by_forecast ON scores (value_365, customer_id);
CREATE INDEX scores_by_standing ON scores (standing, value, customer_id);
CREATE INDEX scores_by_stage ON scores (stage, value, customer_id);

-- What every customer bought so far; the next night figures the rest.
INSERT INTO scores (customer_id, currency, orders, value, first_at, last_at, stage)
SELECT bought.customer_id, first.currency, COUNT(*),
    SUM(CASE WHEN bought.currency = first.currency THEN bought.revenue - bought.refunded ELSE 0 END),
    MIN(bought.purchased_at), MAX(bought.purchased_at), 'new'
FROM purchases AS bought
JOIN (SELECT customer_id, MIN(currency) AS currency FROM purchases GROUP BY customer_id) AS first ON first.customer_id = bought.customer_id
GROUP BY bought.customer_id, first.currency;

CREATE TABLE stage_changes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id BIGINT NOT NULL REFERENCES customers (id),
    stage TEXT NOT NULL,
    changed_at TIMESTAMP NOT NULL
);
CREATE INDEX stage_changes_by_customer ON stage_changes (customer_id, id);

CREATE TABLE score_runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run_at TIMESTAMP NOT NULL,
    currency TEXT NOT NULL,
    buyers BIGINT NOT NULL,
    figures TEXT NOT NULL,
    parts TEXT NOT NULL
);

ALTER TABLE customers ADD COLUMN name_key TEXT NOT NULL DEFAULT '';
UPDATE customers SET name_key = lower(trim(name));
CREATE INDEX customers_by_name ON customers (name_key);
