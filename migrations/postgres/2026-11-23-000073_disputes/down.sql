DROP TABLE dispute_events;
DROP TABLE dispute_evidence;
DROP TABLE disputes;
DELETE FROM ticket_series WHERE name = 'disputes';
