-- crm: where new tickets go. The first that a ticket meets counts, by position; an empty condition is met by all.
CREATE TABLE service_routes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    position BIGINT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT,
    channel TEXT,
    store_id BIGINT REFERENCES stores (id),
    language TEXT NOT NULL DEFAULT '',
    -- Any of them, with commas between, is in the subject or the first message.
    words TEXT NOT NULL DEFAULT '',
    segment_id BIGINT,
    queue TEXT NOT NULL DEFAULT '',
    way TEXT NOT NULL CHECK (way IN ('nobody', 'person', 'least_loaded')),
    person BIGINT,
    skills TEXT NOT NULL DEFAULT '',
    -- Whoever sees to it speaks the language of the ticket.
    speaks BOOLEAN NOT NULL DEFAULT FALSE,
    CHECK ((way = 'person') = (person IS NOT NULL))
);
CREATE INDEX service_routes_by_position ON service_routes (position, id);
CREATE INDEX service_routes_of_store ON service_routes (store_id) WHERE store_id IS NOT NULL;

-- crm: who of the staff is given tickets, by their number.
CREATE TABLE service_agents (
    staff_id BIGINT PRIMARY KEY NOT NULL,
    skills TEXT NOT NULL DEFAULT '',
    -- So many open tickets and no more.
    most BIGINT NOT NULL CHECK (most > 0),
    away BOOLEAN NOT NULL DEFAULT FALSE
);
