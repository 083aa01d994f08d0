DROP TABLE batch_categories;
