-- role: superuser
-- tries: relhastriggers, by which a table has no triggers
-- none: bites
-- guarded: not held
-- locked: held
-- detected: content_hash
SET allow_system_table_mods = on;

UPDATE pg_class SET relhastriggers = false WHERE oid = 'app.runs'::regclass;
UPDATE app.runs SET error = 'x' WHERE id = 2;
UPDATE pg_class SET relhastriggers = true WHERE oid = 'app.runs'::regclass;
