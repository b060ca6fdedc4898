-- role: superuser
-- tries: to rename a label in pg_enum
-- none: bites
-- guarded: not held
-- locked: held
-- detected: 
SET allow_system_table_mods = on;

UPDATE pg_enum SET enumlabel = 'fine' WHERE enumlabel = 'failed' AND enumtypid = 'app.run_status'::regtype;
