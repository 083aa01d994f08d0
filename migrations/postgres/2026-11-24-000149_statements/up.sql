-- What a company owes and what of it is late, summed without a look at its rows.
CREATE INDEX receivables_sums ON receivables (company_id, due_on, open) WHERE open > 0;
-- The file of one company's bookings, by day.
CREATE INDEX company_account_entries_of_company_by_day ON company_account_entries (company_id, booked_on, id);
