DROP TABLE article_votes;
DROP TABLE article_texts;
DROP TABLE articles;
