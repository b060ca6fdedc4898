-- role: superuser
-- tries: to switch event triggers off, change a row, and put everything back
-- none: bites
-- guarded: not held
-- locked: held
-- detected: content_hash
ALTER EVENT TRIGGER retry_ledger_ddl_end DISABLE;
ALTER TABLE app.runs DISABLE TRIGGER retry_ledger_change;
UPDATE app.runs SET error = 'x' WHERE id = 2;
ALTER TABLE app.runs ENABLE ALWAYS TRIGGER retry_ledger_change;
ALTER EVENT TRIGGER retry_ledger_ddl_end ENABLE ALWAYS;
