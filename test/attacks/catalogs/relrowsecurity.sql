-- role: superuser
-- tries: to hide rows by row level security in pg_class
-- none: bites
-- guarded: not held
-- locked: held
-- detected: 
SET allow_system_table_mods = on;
UPDATE pg_class SET relrowsecurity = true WHERE oid = 'app.log'::regclass;
