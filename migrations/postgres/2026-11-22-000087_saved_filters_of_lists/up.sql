-- admin: a saved filter is one of some list, such as products or tickets, and its name is unique there.
ALTER TABLE saved_filters ADD COLUMN list TEXT NOT NULL DEFAULT 'products';
ALTER TABLE saved_filters DROP CONSTRAINT saved_filters_staff_id_name_key;
ALTER TABLE saved_filters ADD CONSTRAINT saved_filters_staff_id_list_name_key UNIQUE (staff_id, list, name);
