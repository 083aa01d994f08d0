DROP TABLE segment_sizes;
DROP TABLE segment_history;
DROP TABLE segment_states;
DROP TABLE segments;
DROP TABLE product_kin;
ALTER TABLE purchases DROP COLUMN postcode;
ALTER TABLE purchases DROP COLUMN country;
