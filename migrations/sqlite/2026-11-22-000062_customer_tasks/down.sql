DROP TABLE customer_tasks;
