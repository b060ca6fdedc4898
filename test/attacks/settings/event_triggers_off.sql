-- role: superuser
-- tries: event_triggers = off, of PostgreSQL 17 and newer
-- none: bites
-- guarded: not held
-- locked: held
-- detected: content_hash
-- from: 17
SET event_triggers = off;
ALTER TABLE app.runs DISABLE TRIGGER retry_ledger_change;
UPDATE app.runs SET error = 'x' WHERE id = 2;
ALTER TABLE app.runs ENABLE ALWAYS TRIGGER retry_ledger_change;
