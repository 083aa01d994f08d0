DROP TABLE delivery_hits;
DROP TABLE delivery_counts;
DROP TABLE deliveries;
DROP TABLE campaign_variants;
DROP TABLE campaigns;
