DROP TABLE edi_messages;
DROP TABLE trading_partners;
