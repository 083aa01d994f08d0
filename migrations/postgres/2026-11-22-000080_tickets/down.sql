DROP TABLE ticket_events;
DROP TABLE ticket_files;
DROP TABLE ticket_lines;
DROP TABLE ticket_messages;
DROP TABLE tickets;
DROP TABLE ticket_series;
