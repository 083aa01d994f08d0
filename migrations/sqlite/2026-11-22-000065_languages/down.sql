UPDATE stores SET languages = 'en zh' WHERE id = 1 AND languages = '';
