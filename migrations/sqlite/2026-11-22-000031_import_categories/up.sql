-- The categories that an import added: undoing it takes those away again that are still empty and as it made them.
CREATE TABLE batch_categories (
    batch_id BIGINT NOT NULL REFERENCES batches (id),
    category_id BIGINT NOT NULL REFERENCES categories (id) ON DELETE CASCADE,
    PRIMARY KEY (batch_id, category_id)
);
CREATE INDEX batch_categories_by_category ON batch_categories (category_id);
