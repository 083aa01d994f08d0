-- SQLite finds the beginning of a mail address by the unique index; PostgreSQL compares by the words of a language there.
SELECT 1;
