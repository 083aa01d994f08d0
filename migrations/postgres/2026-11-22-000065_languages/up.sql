-- The main store speaks every language there is until somebody says which, so that one that is learnt later is spoken too.
UPDATE stores SET languages = '' WHERE id = 1 AND languages = 'en zh';
