DROP TABLE requisition_lines;
DROP TABLE requisition_lists;
DROP INDEX variants_by_barcode;
DROP INDEX variants_by_folded_sku;
