-- crm: what staff have to do about a customer, and until when.
CREATE TABLE customer_tasks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id BIGINT NOT NULL REFERENCES customers (id),
    title TEXT NOT NULL,
    note TEXT NOT NULL DEFAULT '',
    -- The day, at its midnight.
    due_on TIMESTAMP NOT NULL,
    -- Whoever of the staff does it, by their number.
    assignee BIGINT,
    created_by TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    done_at TIMESTAMP,
    done_by TEXT NOT NULL DEFAULT ''
);
CREATE INDEX customer_tasks_of_customer ON customer_tasks (customer_id, id);
CREATE INDEX customer_tasks_open ON customer_tasks (due_on, id) WHERE done_at IS NULL;
CREATE INDEX customer_tasks_of_assignee ON customer_tasks (assignee, due_on, id) WHERE done_at IS NULL;
CREATE INDEX customer_tasks_done ON customer_tasks (done_at, id) WHERE done_at IS NOT NULL;
