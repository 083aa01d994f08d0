DROP INDEX suppressions_listed;
ALTER TABLE suppressions DROP COLUMN note;
ALTER TABLE suppressions DROP COLUMN reason;
DROP TABLE suppression_counts;
DROP TABLE mail_sign_ups;
DROP TABLE mail_frequencies;
DROP TABLE mail_topics;
