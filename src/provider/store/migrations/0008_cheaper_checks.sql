-- The same checks, written so that a row costs a few comparisons: for `IN` with more than two values SQLite fills a table
-- of its own with them for every row. What is stored does not change (https://sqlite.org/lang_altertable.html, section 7).
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'status IN (''pending'', ''invited'', ''active'', ''deleted'')',
    'status = ''pending'' OR status = ''invited'' OR status = ''active'' OR status = ''deleted''')
  WHERE type = 'table' AND name = 'members';
UPDATE sqlite_schema SET sql = replace(sql, 'status IN (''pending'', ''delivered'', ''failed'')',
    'status = ''pending'' OR status = ''delivered'' OR status = ''failed''')
  WHERE type = 'table' AND name IN ('deliveries', 'security_events');
PRAGMA writable_schema = RESET;
