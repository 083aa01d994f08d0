-- Whether a program of the merchant made the cart by the API: prices are told to it, whomever the store shows them to.
ALTER TABLE carts ADD COLUMN by_program BOOLEAN NOT NULL DEFAULT FALSE;
