DROP TABLE promotion_terms;
