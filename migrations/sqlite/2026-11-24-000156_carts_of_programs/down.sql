ALTER TABLE carts DROP COLUMN by_program;
