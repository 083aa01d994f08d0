ALTER TABLE campaigns DROP COLUMN stopped;
DROP TABLE mail_setbacks;
