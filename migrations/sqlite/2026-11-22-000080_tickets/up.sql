-- crm: what people ask of the shop, what was answered, and what came of it.

-- The last number given out. It moves in the transaction that opens a ticket, and is locked to its end.
CREATE TABLE ticket_series (
    name TEXT PRIMARY KEY NOT NULL,
    last BIGINT NOT NULL
) WITHOUT ROWID;

CREATE TABLE tickets (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- What people call it, such as T1001.
    number TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    channel TEXT NOT NULL CHECK (channel IN ('web', 'mail', 'chat', 'phone', 'call_back')),
    subject TEXT NOT NULL,
    customer_id BIGINT REFERENCES customers (id),
    -- Where answers go. Empty when nobody can be written to.
    email TEXT NOT NULL DEFAULT '',
    email_key TEXT NOT NULL DEFAULT '',
    phone TEXT NOT NULL DEFAULT '',
    -- When they would like to be called.
    call_from TIMESTAMP,
    call_until TIMESTAMP,
    order_id BIGINT REFERENCES orders (id),
    store_id BIGINT NOT NULL REFERENCES stores (id),
    language TEXT NOT NULL,
    -- The next five follow from ticket_events, and are stored to be listed by.
    status TEXT NOT NULL CHECK (status IN ('open', 'waiting', 'solved')),
    outcome TEXT,
    -- Since when somebody waits for an answer of the shop.
    asked_at TIMESTAMP,
    first_answered_at TIMESTAMP,
    solved_at TIMESTAMP,
    queue TEXT NOT NULL DEFAULT '',
    -- 1 is the most urgent, 3 is ordinary.
    priority BIGINT NOT NULL DEFAULT 3 CHECK (priority BETWEEN 1 AND 4),
    -- Whoever of the staff sees to it, by their number.
    assignee BIGINT,
    tags TEXT NOT NULL DEFAULT '',
    rating BIGINT CHECK (rating BETWEEN 1 AND 5),
    rating_note TEXT NOT NULL DEFAULT '',
    merged_into BIGINT REFERENCES tickets (id),
    -- The form it was asked for by, so that sending it twice asks once.
    request_key TEXT UNIQUE,
    -- Moves with every message and change.
    version BIGINT NOT NULL DEFAULT 1,
    opened_at TIMESTAMP NOT NULL,
    changed_at TIMESTAMP NOT NULL,
    CHECK ((status = 'solved') = (outcome IS NOT NULL)),
    CHECK ((status = 'solved') = (solved_at IS NOT NULL)),
    CHECK ((status = 'open') = (asked_at IS NOT NULL)),
    CHECK (merged_into IS NULL OR status = 'solved')
);
CREATE INDEX tickets_open ON tickets (priority, asked_at, id) WHERE status = 'open';
CREATE INDEX tickets_by_status ON tickets (status, changed_at, id);
CREATE INDEX tickets_changed ON tickets (changed_at, id);
CREATE INDEX tickets_of_assignee ON tickets (assignee, status, changed_at, id) WHERE assignee IS NOT NULL;
CREATE INDEX tickets_of_customer ON tickets (customer_id, id) WHERE customer_id IS NOT NULL;
CREATE INDEX tickets_of_address ON tickets (email_key, opened_at);
CREATE INDEX tickets_of_order ON tickets (order_id, id) WHERE order_id IS NOT NULL;
CREATE INDEX tickets_merged ON tickets (merged_into) WHERE merged_into IS NOT NULL;

CREATE TABLE ticket_messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    ticket_id BIGINT NOT NULL REFERENCES tickets (id),
    author TEXT NOT NULL CHECK (author IN ('customer', 'staff', 'automatic', 'system')),
    -- Whoever of the staff wrote it, by their number.
    staff BIGINT,
    -- A note among staff, which never leaves.
    internal BOOLEAN NOT NULL DEFAULT FALSE,
    body TEXT NOT NULL,
    -- What a mail brought as HTML, made harmless.
    html TEXT,
    -- The Message-ID of the mail that it came or went by, without angle brackets.
    message_id TEXT,
    in_reply_to TEXT,
    -- The stored mail that it was read from.
    mail_id BIGINT,
    created_at TIMESTAMP NOT NULL,
    CHECK (NOT internal OR author IN ('staff', 'system')),
    CHECK (author = 'staff' OR staff IS NULL)
);
CREATE INDEX ticket_messages_of_ticket ON ticket_messages (ticket_id, id);
CREATE UNIQUE INDEX ticket_messages_by_message_id ON ticket_messages (message_id) WHERE message_id IS NOT NULL;

CREATE TABLE ticket_lines (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    ticket_id BIGINT NOT NULL REFERENCES tickets (id),
    order_line_id BIGINT NOT NULL REFERENCES order_lines (id),
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    UNIQUE (ticket_id, order_line_id)
);
CREATE INDEX ticket_lines_by_line ON ticket_lines (order_line_id);

CREATE TABLE ticket_files (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id BIGINT NOT NULL REFERENCES ticket_messages (id),
    name TEXT NOT NULL,
    -- Told by the content and never by the name.
    content_type TEXT NOT NULL,
    size BIGINT NOT NULL,
    bytes BLOB NOT NULL
);
CREATE INDEX ticket_files_of_message ON ticket_files (message_id, id);

-- Added once and never changed: what statuses, clocks and reports follow from.
CREATE TABLE ticket_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    ticket_id BIGINT NOT NULL REFERENCES tickets (id),
    kind TEXT NOT NULL,
    -- The mail address of staff, or who else did it: customer, system.
    actor TEXT NOT NULL,
    message_id BIGINT REFERENCES ticket_messages (id),
    -- What it was set to, and what it had been.
    detail TEXT NOT NULL DEFAULT '',
    before TEXT NOT NULL DEFAULT '',
    happened_at TIMESTAMP NOT NULL
);
CREATE INDEX ticket_events_of_ticket ON ticket_events (ticket_id, id);
CREATE INDEX ticket_events_by_time ON ticket_events (happened_at, kind);
CREATE INDEX ticket_events_of_message ON ticket_events (message_id) WHERE message_id IS NOT NULL;
