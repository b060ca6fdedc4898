-- role: owner
-- tries: the same catalogs, without being a superuser
-- none: bites
-- guarded: held
-- locked: held
SET allow_system_table_mods = on;

UPDATE pg_trigger SET tgenabled = 'D' WHERE tgrelid = 'app.runs'::regclass;
DELETE FROM pg_event_trigger;
UPDATE pg_catalog.pg_class SET relhastriggers = false WHERE oid = 'app.runs'::regclass;
UPDATE runs SET error = 'x' WHERE id = 2;
