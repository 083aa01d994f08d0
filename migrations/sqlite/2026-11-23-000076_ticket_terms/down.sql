DELETE FROM jobs WHERE kind = 'tickets.terms';
DROP TABLE ticket_terms;
