-- crm: how likely people are to recommend the shop, from 0 to 10, and why.
CREATE TABLE surveys (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    -- Everybody answers once in each round.
    round BIGINT NOT NULL CHECK (round > 0),
    -- JSON: what is asked, by language.
    texts TEXT NOT NULL,
    open BOOLEAN NOT NULL,
    created_at TIMESTAMP NOT NULL,
    changed_at TIMESTAMP NOT NULL
);
CREATE TABLE survey_answers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    survey_id BIGINT NOT NULL REFERENCES surveys (id),
    round BIGINT NOT NULL,
    customer_id BIGINT NOT NULL REFERENCES customers (id),
    -- The mail that asked.
    delivery_id BIGINT,
    score BIGINT NOT NULL CHECK (score BETWEEN 0 AND 10),
    words TEXT NOT NULL,
    -- JSON: the segments that they were in when they answered.
    segments TEXT NOT NULL,
    answered_at TIMESTAMP NOT NULL,
    changed_at TIMESTAMP NOT NULL,
    UNIQUE (survey_id, round, customer_id)
);
CREATE INDEX survey_answers_of ON survey_answers (customer_id);
CREATE INDEX survey_answers_listed ON survey_answers (survey_id, round, id);
-- How many gave which score, kept in the transaction that changes an answer. Segment 0 is everybody.
CREATE TABLE survey_counts (
    survey_id BIGINT NOT NULL REFERENCES surveys (id),
    round BIGINT NOT NULL,
    segment_id BIGINT NOT NULL,
    score BIGINT NOT NULL,
    people BIGINT NOT NULL,
    PRIMARY KEY (survey_id, round, segment_id, score)
);

-- storefront: when a buyer is asked about what they got, once for each line of an order.
CREATE TABLE review_requests (
    order_line_id BIGINT NOT NULL PRIMARY KEY REFERENCES order_lines (id),
    order_id BIGINT NOT NULL REFERENCES orders (id),
    due_at TIMESTAMP NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'asked', 'skipped')),
    -- Why nobody was asked: a word for whoever looks into the database.
    reason TEXT NOT NULL,
    settled_at TIMESTAMP
);
CREATE INDEX review_requests_due ON review_requests (due_at) WHERE state = 'waiting';
CREATE INDEX review_requests_of ON review_requests (order_id);
-- storefront: what buyers say of products. Whose it is says the order.
CREATE TABLE reviews (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    product_id BIGINT NOT NULL REFERENCES products (id),
    order_id BIGINT NOT NULL REFERENCES orders (id),
    order_line_id BIGINT NOT NULL UNIQUE REFERENCES order_lines (id),
    stars BIGINT NOT NULL CHECK (stars BETWEEN 1 AND 5),
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    -- As the writer wants to be called.
    name TEXT NOT NULL,
    language TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'published', 'declined')),
    -- Why it was declined, for the writer.
    reason TEXT NOT NULL,
    answer TEXT NOT NULL,
    written_at TIMESTAMP NOT NULL,
    changed_at TIMESTAMP NOT NULL,
    decided_at TIMESTAMP
);
CREATE INDEX reviews_of_order ON reviews (order_id);
CREATE INDEX reviews_by_state ON reviews (state, id);
CREATE INDEX reviews_shown ON reviews (product_id, id) WHERE state = 'published';
-- What the published reviews of a product come to, kept in the transaction that changes one.
CREATE TABLE review_totals (
    product_id BIGINT NOT NULL PRIMARY KEY REFERENCES products (id),
    reviews BIGINT NOT NULL CHECK (reviews >= 0),
    stars BIGINT NOT NULL CHECK (stars >= 0)
);
