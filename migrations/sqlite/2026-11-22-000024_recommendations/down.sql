DROP TABLE recommendation_counts;
DROP TABLE recommendation_pins;
DROP TABLE recommendation_exclusions;
DROP TABLE popular_products;
DROP TABLE customer_picks;
DROP TABLE product_companions;
DROP TABLE recommendation_runs;
