CREATE TABLE audit_log_of_staff (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    staff_id BIGINT NOT NULL REFERENCES staff (id),
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL
);
INSERT INTO audit_log_of_staff SELECT id, staff_id, action, subject, before, after, created_at FROM audit_log WHERE staff_id IS NOT NULL;
DROP TABLE audit_log;
ALTER TABLE audit_log_of_staff RENAME TO audit_log;
CREATE INDEX audit_log_by_subject ON audit_log (subject, id);
CREATE INDEX audit_log_by_staff ON audit_log (staff_id, id);
CREATE INDEX audit_log_by_action ON audit_log (action, id);
