-- A change may be of a program with a key of the API, too: then it has no person.
ALTER TABLE audit_log ALTER COLUMN staff_id DROP NOT NULL;
ALTER TABLE audit_log ADD COLUMN api_key_id BIGINT REFERENCES api_keys (id);
CREATE INDEX audit_log_by_key ON audit_log (api_key_id, id) WHERE api_key_id IS NOT NULL;
