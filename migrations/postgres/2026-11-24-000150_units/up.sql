-- storefront: units of UN/ECE Recommendation 20 in which goods are sold, with the decimals of them that can be ordered. Quantities stay whole
-- numbers of steps: 250 of the unit MTR with the precision 2 are 2.50 m.
ALTER TABLE variants ADD COLUMN unit TEXT NOT NULL DEFAULT 'C62' CHECK (unit IN ('C62', 'BX', 'MTR', 'KGM', 'GRM', 'LTR'));
ALTER TABLE variants ADD COLUMN unit_precision BIGINT NOT NULL DEFAULT 0 CHECK (unit_precision BETWEEN 0 AND 3);
ALTER TABLE order_lines ADD COLUMN unit TEXT NOT NULL DEFAULT 'C62' CHECK (unit IN ('C62', 'BX', 'MTR', 'KGM', 'GRM', 'LTR'));
ALTER TABLE order_lines ADD COLUMN unit_precision BIGINT NOT NULL DEFAULT 0 CHECK (unit_precision BETWEEN 0 AND 3);
ALTER TABLE quote_lines ADD COLUMN unit TEXT NOT NULL DEFAULT 'C62' CHECK (unit IN ('C62', 'BX', 'MTR', 'KGM', 'GRM', 'LTR'));
ALTER TABLE quote_lines ADD COLUMN unit_precision BIGINT NOT NULL DEFAULT 0 CHECK (unit_precision BETWEEN 0 AND 3);
