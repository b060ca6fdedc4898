-- role: superuser
-- tries: to give a table the file of another one
-- none: bites
-- guarded: not held
-- locked: held
-- detected: content_hash
SET allow_system_table_mods = on;
CREATE TABLE app.empty (LIKE app.runs INCLUDING ALL);
UPDATE pg_class SET relfilenode = (SELECT relfilenode FROM pg_class WHERE oid = 'app.empty'::regclass) WHERE oid = 'app.runs'::regclass;
