DROP TABLE erp_files;
DROP TABLE order_feed_state;
DROP TABLE order_feed;
DROP TABLE external_refs;
