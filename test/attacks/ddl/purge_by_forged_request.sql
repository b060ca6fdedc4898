-- role: superuser
-- tries: to purge a partition alone, by a request that says that somebody else asked for it
-- none: bites
-- guarded: not held
-- locked: held
-- detected: purged
UPDATE app.day_runs SET status = 'failed' WHERE id IN (3, 102);
SELECT retry_ledger.set_retention('app.day_runs', '1 microsecond', 'mine');
SELECT retry_ledger.purge_governed('app.day_runs_1', 'mine');
UPDATE retry_ledger.governed_table SET pending = jsonb_set(jsonb_set(pending,
    '{purge app.day_runs_1,by}', '"attack_owner"'), '{purge app.day_runs_1,session}', '"attack_owner"')
  WHERE run_table = 'app.day_runs'::regclass;
SELECT retry_ledger.approve_purge('app.day_runs_1');
