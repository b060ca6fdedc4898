-- role: owner
-- tries: to disable the guards, each way
-- none: bites
-- guarded: held
-- locked: held
ALTER TABLE runs DISABLE TRIGGER retry_ledger_change;
ALTER TABLE runs DISABLE TRIGGER USER;
ALTER TABLE runs DISABLE TRIGGER ALL;
ALTER TABLE day_runs_1 DISABLE TRIGGER USER;
ALTER TABLE ONLY day_runs DISABLE TRIGGER USER;
ALTER TABLE runs ENABLE REPLICA TRIGGER retry_ledger_change;
ALTER TABLE runs ENABLE TRIGGER retry_ledger_change;
UPDATE runs SET error = 'x' WHERE id = 2;
UPDATE day_runs SET error = 'x' WHERE id = 1;
