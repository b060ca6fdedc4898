-- role: superuser
-- tries: to disable guards, without switching off event triggers
-- none: bites
-- guarded: held
-- locked: held
ALTER TABLE app.runs DISABLE TRIGGER ALL;
DROP TRIGGER retry_ledger_delete ON app.runs;
ALTER TABLE retry_ledger.ledger_entry DISABLE TRIGGER ALL;
DROP TABLE retry_ledger.governed_table CASCADE;
DROP EXTENSION retry_ledger CASCADE;
DROP EVENT TRIGGER retry_ledger_ddl_end;
UPDATE app.runs SET error = 'x' WHERE id = 2;
