-- storefront: articles that answer what people ask.
CREATE TABLE articles (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    slug TEXT NOT NULL UNIQUE,
    position BIGINT NOT NULL DEFAULT 0,
    published BOOLEAN NOT NULL DEFAULT FALSE,
    -- What the votes add up to.
    helpful BIGINT NOT NULL DEFAULT 0 CHECK (helpful >= 0),
    unhelpful BIGINT NOT NULL DEFAULT 0 CHECK (unhelpful >= 0),
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
-- Every version that there was. Without a title it says that the language was given up.
CREATE TABLE article_texts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    article_id BIGINT NOT NULL REFERENCES articles (id),
    language TEXT NOT NULL,
    version BIGINT NOT NULL,
    current BOOLEAN NOT NULL,
    topic TEXT NOT NULL,
    title TEXT NOT NULL,
    body_html TEXT NOT NULL,
    written_by TEXT NOT NULL,
    written_at TIMESTAMP NOT NULL,
    UNIQUE (article_id, language, version)
);
CREATE UNIQUE INDEX article_texts_current ON article_texts (article_id, language) WHERE current;
-- One a browser; of the browser there is a digest of its secret.
CREATE TABLE article_votes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    article_id BIGINT NOT NULL REFERENCES articles (id),
    voter TEXT NOT NULL,
    helpful BOOLEAN NOT NULL,
    voted_at TIMESTAMP NOT NULL,
    UNIQUE (article_id, voter)
);
