-- crm: people who asked to be erased. What is left of the row is its number.
ALTER TABLE customers ADD COLUMN erased_at TIMESTAMP;

-- Addresses that an old yes does not reach any more. The hash takes a secret of the shop: nobody finds an address by trying.
CREATE TABLE suppressions (
    channel TEXT NOT NULL,
    address_hash TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (channel, address_hash)
);
