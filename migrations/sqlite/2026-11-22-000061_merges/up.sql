-- crm: two customers who are one person. What was the one's moves to the other; what moved is kept, so that it can be undone.
ALTER TABLE customers ADD COLUMN merged_into BIGINT;
CREATE INDEX customers_merged ON customers (merged_into) WHERE merged_into IS NOT NULL;

CREATE TABLE merges (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    merged_id BIGINT NOT NULL REFERENCES customers (id),
    survivor_id BIGINT NOT NULL REFERENCES customers (id),
    reason TEXT NOT NULL,
    actor TEXT NOT NULL,
    -- What of the survivor the merge changed, as it was and as it was left.
    before TEXT NOT NULL,
    merged_at TIMESTAMP NOT NULL,
    undone_at TIMESTAMP,
    undone_by TEXT NOT NULL DEFAULT '',
    undone_reason TEXT NOT NULL DEFAULT '',
    CHECK (merged_id <> survivor_id)
);
CREATE UNIQUE INDEX merges_standing ON merges (merged_id) WHERE undone_at IS NULL;
CREATE INDEX merges_of_survivor ON merges (survivor_id, id);

-- The rows that a merge moved or added, by table.
CREATE TABLE merge_rows (
    merge_id BIGINT NOT NULL REFERENCES merges (id),
    place TEXT NOT NULL,
    row_id BIGINT NOT NULL,
    PRIMARY KEY (merge_id, place, row_id)
) WITHOUT ROWID;

-- storefront: whose login opened a session. A merged customer signs in with their own, and is the survivor then.
ALTER TABLE sessions ADD COLUMN login_id BIGINT;
UPDATE sessions SET login_id = customer_id;
