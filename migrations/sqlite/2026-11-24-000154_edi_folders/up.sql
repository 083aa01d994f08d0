-- storefront: an interchange is kept once, each of its messages with its own part; and what a partner is given in a folder.
CREATE TABLE edi_interchanges (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    partner_id BIGINT NOT NULL REFERENCES trading_partners (id),
    -- SHA-256 of what came.
    digest TEXT NOT NULL,
    raw TEXT NOT NULL,
    at TIMESTAMP NOT NULL,
    UNIQUE (partner_id, digest)
);

-- What the message came in; none of outgoing ones and of those from before, which hold the whole interchange themselves.
ALTER TABLE edi_messages ADD COLUMN interchange_id BIGINT REFERENCES edi_interchanges (id);

-- The last message that was written into the partner's folder, and the one whose file is ready to be renamed; none of a partner without a folder.
ALTER TABLE trading_partners ADD COLUMN filed_id BIGINT;
ALTER TABLE trading_partners ADD COLUMN staged_id BIGINT;
