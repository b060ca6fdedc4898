-- role: superuser
-- tries: ALTER EXTENSION: to take members out, to move it, to have it own a governed table
-- none: bites
-- guarded: held
-- locked: held
ALTER EXTENSION retry_ledger DROP FUNCTION retry_ledger.guard_change();
ALTER EXTENSION retry_ledger DROP TABLE retry_ledger.ledger_entry;
ALTER EXTENSION retry_ledger DROP VIEW retry_ledger.guarded_state;
ALTER EXTENSION retry_ledger ADD TABLE app.runs;
ALTER EXTENSION retry_ledger SET SCHEMA public;
DROP TABLE retry_ledger.ledger_entry CASCADE;
