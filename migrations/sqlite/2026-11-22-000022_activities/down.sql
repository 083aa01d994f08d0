DROP TABLE activities;
DROP TABLE identity_edges;
DROP TABLE trails;
DROP TABLE purchase_lines;
