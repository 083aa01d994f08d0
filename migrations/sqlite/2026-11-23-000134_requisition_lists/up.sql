-- What buyers type: a SKU in any letters (ASCII letters alone are folded, the same on both databases), or the number below a barcode.
CREATE INDEX variants_by_folded_sku ON variants (lower(sku));
CREATE INDEX variants_by_barcode ON variants (barcode);

-- storefront: what somebody orders again and again. One without a company is the customer's own; one with a company is shared by its members.
CREATE TABLE requisition_lists (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- Whose it is, or who made it for the company; nobody after an erasure.
    customer_id BIGINT REFERENCES customers (id),
    company_id BIGINT REFERENCES companies (id),
    name TEXT NOT NULL,
    version BIGINT NOT NULL DEFAULT 1,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    -- A list that was removed can be put back for a while.
    removed_at TIMESTAMP,
    CHECK (customer_id IS NOT NULL OR company_id IS NOT NULL)
);
CREATE INDEX requisition_lists_of_customer ON requisition_lists (customer_id, id);
CREATE INDEX requisition_lists_of_company ON requisition_lists (company_id, id);

CREATE TABLE requisition_lines (
    list_id BIGINT NOT NULL REFERENCES requisition_lists (id),
    variant_id BIGINT NOT NULL REFERENCES variants (id),
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    position BIGINT NOT NULL,
    PRIMARY KEY (list_id, variant_id)
);
CREATE INDEX requisition_lines_of_variant ON requisition_lines (variant_id);
