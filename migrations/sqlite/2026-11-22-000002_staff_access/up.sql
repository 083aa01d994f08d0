-- admin: what each role may do, second factors, invitations

CREATE TABLE roles (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    preset TEXT UNIQUE,
    name TEXT NOT NULL UNIQUE,
    second_factor BOOLEAN NOT NULL DEFAULT FALSE,
    created_at TIMESTAMP NOT NULL
);
CREATE TABLE role_permissions (
    role_id BIGINT NOT NULL REFERENCES roles (id),
    permission TEXT NOT NULL,
    PRIMARY KEY (role_id, permission)
);
-- Nobody without a role may do anything; the first start gives the owner's role to everybody who was here before there were roles.
ALTER TABLE staff ADD COLUMN role_id BIGINT REFERENCES roles (id);
ALTER TABLE staff ADD COLUMN language TEXT NOT NULL DEFAULT 'en';
ALTER TABLE staff ADD COLUMN totp_secret TEXT;
ALTER TABLE staff ADD COLUMN totp_pending TEXT;
ALTER TABLE staff ADD COLUMN totp_step BIGINT NOT NULL DEFAULT 0;
ALTER TABLE staff ADD COLUMN last_seen_at TIMESTAMP;
CREATE INDEX staff_by_role ON staff (role_id);
ALTER TABLE staff_sessions ADD COLUMN user_agent TEXT NOT NULL DEFAULT '';
ALTER TABLE staff_sessions ADD COLUMN last_seen_at TIMESTAMP;
CREATE TABLE staff_sign_ins (
    token_hash TEXT PRIMARY KEY NOT NULL,
    staff_id BIGINT NOT NULL REFERENCES staff (id),
    tries BIGINT NOT NULL DEFAULT 0,
    expires_at TIMESTAMP NOT NULL
);
CREATE INDEX staff_sign_ins_by_staff ON staff_sign_ins (staff_id);
CREATE TABLE staff_recovery_codes (
    staff_id BIGINT NOT NULL REFERENCES staff (id),
    code_hash TEXT NOT NULL,
    used_at TIMESTAMP,
    PRIMARY KEY (staff_id, code_hash)
);
CREATE TABLE staff_invitations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL UNIQUE,
    role_id BIGINT NOT NULL REFERENCES roles (id),
    language TEXT NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    invited_by BIGINT NOT NULL REFERENCES staff (id),
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL
);
CREATE INDEX staff_invitations_by_role ON staff_invitations (role_id);
CREATE INDEX staff_invitations_by_staff ON staff_invitations (invited_by);
CREATE INDEX audit_log_by_staff ON audit_log (staff_id, id);
CREATE INDEX audit_log_by_action ON audit_log (action, id);
