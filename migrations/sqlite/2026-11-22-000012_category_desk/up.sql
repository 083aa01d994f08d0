-- storefront: what search engines are told of categories. `version` counts the changes by staff.
ALTER TABLE categories ADD COLUMN seo_title TEXT NOT NULL DEFAULT '';
ALTER TABLE categories ADD COLUMN seo_description TEXT NOT NULL DEFAULT '';
ALTER TABLE categories ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE category_texts ADD COLUMN seo_title TEXT NOT NULL DEFAULT '';
ALTER TABLE category_texts ADD COLUMN seo_description TEXT NOT NULL DEFAULT '';
