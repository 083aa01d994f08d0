DROP TABLE wish_list_items;
