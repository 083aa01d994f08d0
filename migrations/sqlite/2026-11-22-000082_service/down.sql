DROP TABLE ticket_viewers;
DROP TABLE ticket_macros;
DROP TABLE ticket_proposals;
