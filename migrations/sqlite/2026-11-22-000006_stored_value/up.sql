-- Money that customers hold with the shop: gift cards and store credit, as ledgers with a guarded balance.

CREATE TABLE gift_cards (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- The code itself is kept nowhere.
    code_hash TEXT NOT NULL UNIQUE,
    last_four TEXT NOT NULL,
    -- The form it was issued by, so that sending it twice issues one card.
    issue_key TEXT NOT NULL UNIQUE,
    currency TEXT NOT NULL,
    initial BIGINT NOT NULL CHECK (initial > 0),
    balance BIGINT NOT NULL CHECK (balance >= 0),
    state TEXT NOT NULL CHECK (state IN ('active', 'disabled')),
    expires_at TIMESTAMP,
    recipient_name TEXT NOT NULL DEFAULT '',
    recipient_email TEXT NOT NULL DEFAULT '',
    language TEXT NOT NULL,
    message TEXT NOT NULL DEFAULT '',
    note TEXT NOT NULL DEFAULT '',
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX gift_cards_by_state ON gift_cards (state, id);
CREATE INDEX gift_cards_by_last_four ON gift_cards (last_four, id);
CREATE INDEX gift_cards_by_recipient ON gift_cards (recipient_email, id);
CREATE TABLE gift_card_entries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    gift_card_id BIGINT NOT NULL REFERENCES gift_cards (id),
    kind TEXT NOT NULL CHECK (kind IN ('issued', 'spent', 'returned', 'adjusted')),
    amount BIGINT NOT NULL CHECK (amount <> 0),
    dedupe_key TEXT NOT NULL UNIQUE,
    payment_id BIGINT REFERENCES payments (id),
    refund_id BIGINT REFERENCES refunds (id),
    reason TEXT NOT NULL DEFAULT '',
    actor TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX gift_card_entries_by_card ON gift_card_entries (gift_card_id, id);
CREATE INDEX gift_card_entries_by_payment ON gift_card_entries (payment_id);

CREATE TABLE store_credit_balances (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id BIGINT NOT NULL REFERENCES customers (id),
    currency TEXT NOT NULL,
    balance BIGINT NOT NULL CHECK (balance >= 0),
    UNIQUE (customer_id, currency)
);
CREATE TABLE store_credit_entries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id BIGINT NOT NULL REFERENCES customers (id),
    currency TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('granted', 'taken', 'spent', 'returned', 'refunded')),
    amount BIGINT NOT NULL CHECK (amount <> 0),
    dedupe_key TEXT NOT NULL UNIQUE,
    payment_id BIGINT REFERENCES payments (id),
    refund_id BIGINT REFERENCES refunds (id),
    reason TEXT NOT NULL DEFAULT '',
    actor TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX store_credit_entries_by_customer ON store_credit_entries (customer_id, id);
CREATE INDEX store_credit_entries_by_payment ON store_credit_entries (payment_id);

-- The gift cards a cart is to be paid with, by id with blanks between, and whether the customer's credit is to be used.
ALTER TABLE carts ADD COLUMN gift_cards TEXT NOT NULL DEFAULT '';
ALTER TABLE carts ADD COLUMN use_store_credit BOOLEAN NOT NULL DEFAULT FALSE;

-- One wish may take money back from several payments; its refunds share a word. Some are given as store credit.
ALTER TABLE refunds ADD COLUMN wish TEXT NOT NULL DEFAULT '';
ALTER TABLE refunds ADD COLUMN to_credit BOOLEAN NOT NULL DEFAULT FALSE;
