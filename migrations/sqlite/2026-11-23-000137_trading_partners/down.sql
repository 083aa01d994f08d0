ALTER TABLE carts DROP COLUMN punchout_id;
DROP TABLE punchouts;
DROP TABLE edi_messages;
DROP TABLE trading_partners;
