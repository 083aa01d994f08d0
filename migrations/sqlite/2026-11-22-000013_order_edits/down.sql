DROP INDEX documents_one_invoice;
ALTER TABLE documents DROP COLUMN edition;
CREATE UNIQUE INDEX documents_one_invoice ON documents (order_id) WHERE kind = 'invoice';
ALTER TABLE refunds DROP COLUMN surplus;
DROP TABLE order_edits;
