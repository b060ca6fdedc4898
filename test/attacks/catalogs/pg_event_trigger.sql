-- role: superuser
-- tries: to disable event triggers in pg_event_trigger
-- none: bites
-- guarded: not held
-- locked: held
-- detected: guard_status, content_hash, event_triggers
SET allow_system_table_mods = on;

UPDATE pg_event_trigger SET evtenabled = 'D' WHERE evtname LIKE 'retry%';
ALTER TABLE app.runs DISABLE TRIGGER retry_ledger_delete;
DELETE FROM app.runs WHERE id = 7;
