-- admin: the forum among staff. What kinds of topics there are is a short list that managers keep.
CREATE TABLE forum_categories (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    position BIGINT NOT NULL,
    version BIGINT NOT NULL DEFAULT 1
);

CREATE TABLE forum_topics (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    category_id BIGINT NOT NULL REFERENCES forum_categories (id),
    staff_id BIGINT NOT NULL REFERENCES staff (id),
    title TEXT NOT NULL,
    closed BOOLEAN NOT NULL DEFAULT FALSE,
    pinned BOOLEAN NOT NULL DEFAULT FALSE,
    -- The post that answers it.
    answer_id BIGINT,
    -- Moves with all but posts.
    version BIGINT NOT NULL DEFAULT 1,
    -- Lists go by it: it grows with each post.
    last_post_id BIGINT NOT NULL DEFAULT 0,
    created_at TIMESTAMP NOT NULL,
    changed_at TIMESTAMP NOT NULL
);
CREATE INDEX forum_topics_by_post ON forum_topics (pinned, last_post_id);
CREATE INDEX forum_topics_by_category ON forum_topics (category_id, last_post_id);
CREATE INDEX forum_topics_latest ON forum_topics (last_post_id);

-- The first post of a topic is what it says.
CREATE TABLE forum_posts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    topic_id BIGINT NOT NULL REFERENCES forum_topics (id),
    staff_id BIGINT NOT NULL REFERENCES staff (id),
    body TEXT NOT NULL,
    version BIGINT NOT NULL DEFAULT 1,
    created_at TIMESTAMP NOT NULL,
    changed_at TIMESTAMP NOT NULL
);
CREATE INDEX forum_posts_of_topic ON forum_posts (topic_id, id);

-- What a post said before it was edited; the title with the first one.
CREATE TABLE forum_versions (
    post_id BIGINT NOT NULL REFERENCES forum_posts (id),
    version BIGINT NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    written_at TIMESTAMP NOT NULL,
    PRIMARY KEY (post_id, version)
);

-- Who is named in a post.
CREATE TABLE forum_mentions (
    post_id BIGINT NOT NULL REFERENCES forum_posts (id),
    staff_id BIGINT NOT NULL REFERENCES staff (id),
    topic_id BIGINT NOT NULL REFERENCES forum_topics (id),
    PRIMARY KEY (post_id, staff_id)
);
CREATE INDEX forum_mentions_of_staff ON forum_mentions (staff_id, topic_id, post_id);

-- Up to which post somebody has read a topic.
CREATE TABLE forum_reads (
    staff_id BIGINT NOT NULL REFERENCES staff (id),
    topic_id BIGINT NOT NULL REFERENCES forum_topics (id),
    post_id BIGINT NOT NULL,
    PRIMARY KEY (staff_id, topic_id)
);

-- What a topic is about, as the audit log names it, such as order:R1001.
CREATE TABLE forum_links (
    topic_id BIGINT NOT NULL REFERENCES forum_topics (id),
    subject TEXT NOT NULL,
    PRIMARY KEY (topic_id, subject)
);
CREATE INDEX forum_links_by_subject ON forum_links (subject, topic_id);

-- The words that a topic is found by, normalised, compared byte by byte.
CREATE TABLE forum_terms (
    term TEXT NOT NULL,
    topic_id BIGINT NOT NULL REFERENCES forum_topics (id),
    PRIMARY KEY (term, topic_id)
) WITHOUT ROWID;
CREATE INDEX forum_terms_of_topic ON forum_terms (topic_id, term);
