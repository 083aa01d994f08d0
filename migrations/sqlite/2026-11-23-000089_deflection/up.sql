-- storefront: visitors whom articles could have answered while they asked, and what became of the question.
CREATE TABLE article_trials (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- A digest of the secret of a browser that may be recognised, until its week is over.
    browser TEXT,
    -- Chance had nothing suggested to them.
    control BOOLEAN NOT NULL,
    shown_at TIMESTAMP NOT NULL,
    -- When they opened an article, and when they opened a ticket.
    read_at TIMESTAMP,
    asked_at TIMESTAMP
);
CREATE UNIQUE INDEX article_trials_of_browser ON article_trials (browser) WHERE browser IS NOT NULL;
CREATE INDEX article_trials_by_time ON article_trials (shown_at);
