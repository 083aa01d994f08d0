-- An amount of a line without any unit coming back: what is left of the line is then worth less.
ALTER TABLE refund_lines ADD COLUMN reduction BOOLEAN NOT NULL DEFAULT FALSE;
