ALTER TABLE category_texts DROP COLUMN seo_description;
ALTER TABLE category_texts DROP COLUMN seo_title;
ALTER TABLE categories DROP COLUMN version;
ALTER TABLE categories DROP COLUMN seo_description;
ALTER TABLE categories DROP COLUMN seo_title;
