DROP TABLE article_trials;
