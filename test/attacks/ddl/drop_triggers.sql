-- role: owner
-- tries: to drop, rename and replace the guards
-- none: bites
-- guarded: held
-- locked: held
-- errors: 42809 42710
DROP TRIGGER retry_ledger_change ON runs;
DROP TRIGGER retry_ledger_delete ON day_runs;
DROP TRIGGER retry_ledger_truncate ON day_runs_1;
ALTER TRIGGER retry_ledger_change ON runs RENAME TO zzz;
CREATE OR REPLACE TRIGGER retry_ledger_change AFTER UPDATE ON runs FOR EACH ROW WHEN (false) EXECUTE FUNCTION retry_ledger.guard_change();
CREATE OR REPLACE TRIGGER retry_ledger_delete BEFORE DELETE ON runs FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
UPDATE runs SET error = 'x' WHERE id = 2;
DELETE FROM runs WHERE id = 7;
