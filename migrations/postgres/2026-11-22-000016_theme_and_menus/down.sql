DROP TABLE menus;
DROP TABLE themes;
