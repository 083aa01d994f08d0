DROP INDEX deliveries_skipped;
