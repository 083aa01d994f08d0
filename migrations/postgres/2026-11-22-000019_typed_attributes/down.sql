DROP INDEX product_attributes_by_name;
DROP TABLE attribute_categories;
DROP TABLE attribute_choices;
DROP TABLE attributes;
