-- storefront: to whom a store shows its prices.
ALTER TABLE stores ADD COLUMN prices_for TEXT NOT NULL DEFAULT 'everybody' CHECK (prices_for IN ('everybody', 'signed_in', 'companies'));
