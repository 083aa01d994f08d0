DROP TABLE return_labels;
DROP TABLE return_lines;
DROP TABLE returns;
