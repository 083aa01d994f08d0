DELETE FROM audit_log WHERE staff_id IS NULL;
DROP INDEX audit_log_by_key;
ALTER TABLE audit_log DROP COLUMN api_key_id;
ALTER TABLE audit_log ALTER COLUMN staff_id SET NOT NULL;
