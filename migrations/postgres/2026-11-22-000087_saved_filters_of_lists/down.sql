DELETE FROM saved_filters WHERE list <> 'products';
ALTER TABLE saved_filters DROP CONSTRAINT saved_filters_staff_id_list_name_key;
ALTER TABLE saved_filters DROP COLUMN list;
ALTER TABLE saved_filters ADD CONSTRAINT saved_filters_staff_id_name_key UNIQUE (staff_id, name);
