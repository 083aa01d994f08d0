DROP INDEX tickets_open;
CREATE INDEX tickets_open ON tickets (priority, asked_at, id) WHERE status = 'open';
ALTER TABLE tickets DROP COLUMN due_at;
DROP TABLE ticket_clocks;
DROP TABLE service_policies;
DROP TABLE service_calendars;
