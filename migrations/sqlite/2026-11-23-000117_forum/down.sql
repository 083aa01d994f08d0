DROP TABLE forum_terms;
DROP TABLE forum_links;
DROP TABLE forum_reads;
DROP TABLE forum_mentions;
DROP TABLE forum_versions;
DROP TABLE forum_posts;
DROP TABLE forum_topics;
DROP TABLE forum_categories;
