ALTER TABLE promotion_movements DROP COLUMN amount;
DROP TABLE offer_decisions;
DROP TABLE offers;
