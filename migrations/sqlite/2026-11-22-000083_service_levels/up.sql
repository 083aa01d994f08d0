-- crm: when somebody is there. Hours of the week and days without any, as JSON.
CREATE TABLE service_calendars (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    zone TEXT NOT NULL,
    week TEXT NOT NULL,
    holidays TEXT NOT NULL
);

-- crm: by when tickets are answered and settled. The first that a ticket meets counts, by position; an empty condition is met by all.
CREATE TABLE service_policies (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    position BIGINT NOT NULL,
    name TEXT NOT NULL,
    queue TEXT NOT NULL DEFAULT '',
    kind TEXT,
    priority BIGINT CHECK (priority BETWEEN 1 AND 4),
    segment_id BIGINT,
    calendar_id BIGINT NOT NULL REFERENCES service_calendars (id),
    first_minutes BIGINT CHECK (first_minutes > 0),
    next_minutes BIGINT CHECK (next_minutes > 0),
    resolve_minutes BIGINT CHECK (resolve_minutes > 0),
    -- What an alarm does: the ticket becomes more urgent, is handed to one of the staff, makes a task for one.
    more_urgent BOOLEAN NOT NULL DEFAULT FALSE,
    hand_to BIGINT,
    task_for BIGINT
);
CREATE INDEX service_policies_by_position ON service_policies (position, id);
CREATE INDEX service_policies_of_calendar ON service_policies (calendar_id);

-- What follows from ticket_events and the policy that a ticket met last; that policy may be gone.
CREATE TABLE ticket_clocks (
    ticket_id BIGINT PRIMARY KEY NOT NULL REFERENCES tickets (id),
    policy_id BIGINT,
    first_due_at TIMESTAMP,
    next_due_at TIMESTAMP,
    resolve_due_at TIMESTAMP,
    -- The earliest that there was no alarm of.
    alarm_at TIMESTAMP
);
CREATE INDEX ticket_clocks_alarms ON ticket_clocks (alarm_at) WHERE alarm_at IS NOT NULL;

-- What is due first, which open tickets are listed by; far away when nothing is due.
ALTER TABLE tickets ADD COLUMN due_at TIMESTAMP NOT NULL DEFAULT '9999-12-31 00:00:00';
DROP INDEX tickets_open;
CREATE INDEX tickets_open ON tickets (due_at, priority, asked_at, id) WHERE status = 'open';
