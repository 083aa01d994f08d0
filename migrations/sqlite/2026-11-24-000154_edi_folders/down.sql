UPDATE edi_messages SET raw = COALESCE((SELECT i.raw FROM edi_interchanges i WHERE i.id = edi_messages.interchange_id), raw)
WHERE raw = '' AND interchange_id IS NOT NULL;
ALTER TABLE trading_partners DROP COLUMN staged_id;
ALTER TABLE trading_partners DROP COLUMN filed_id;
ALTER TABLE edi_messages DROP COLUMN interchange_id;
DROP TABLE edi_interchanges;
