-- A change may be of a program with a key of the API, too: then it has no person.
CREATE TABLE audit_log_of_all (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    staff_id BIGINT REFERENCES staff (id),
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    api_key_id BIGINT REFERENCES api_keys (id)
);
INSERT INTO audit_log_of_all SELECT id, staff_id, action, subject, before, after, created_at, NULL FROM audit_log;
DROP TABLE audit_log;
ALTER TABLE audit_log_of_all RENAME TO audit_log;
CREATE INDEX audit_log_by_subject ON audit_log (subject, id);
CREATE INDEX audit_log_by_staff ON audit_log (staff_id, id);
CREATE INDEX audit_log_by_action ON audit_log (action, id);
CREATE INDEX audit_log_by_key ON audit_log (api_key_id, id) WHERE api_key_id IS NOT NULL;
