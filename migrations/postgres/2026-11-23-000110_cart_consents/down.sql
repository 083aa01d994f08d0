DROP TABLE cart_changes;
DROP TABLE cart_consents;
