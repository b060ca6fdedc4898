-- role: app
-- tries: to make more retries than a tenant's budget allows: in one statement, after a savepoint, and by a trigger within a statement
-- none: bites
-- guarded: held
-- locked: held
-- setup: SELECT set_retry_policy('app.runs', retries_per_tenant => 5, tenant_window => '1 day'); INSERT INTO app.runs (id, tenant_id, status) SELECT i, 't1', 'queued' FROM generate_series(10, 19) i; UPDATE app.runs SET status = 'failed' WHERE id BETWEEN 10 AND 19;
INSERT INTO runs (id, tenant_id, status, parent_run_id) SELECT id + 20, 't1', 'queued', id FROM runs WHERE id BETWEEN 10 AND 19;
BEGIN;
SAVEPOINT s;
SELECT retry_run(10, run_table => 'runs', new_run_id => '30');
ROLLBACK TO s;
INSERT INTO runs (id, tenant_id, status, parent_run_id) SELECT id + 20, 't1', 'queued', id FROM runs WHERE id BETWEEN 11 AND 13;
COMMIT;
CREATE FUNCTION public.more() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.parent_run_id = 14 THEN
    PERFORM retry_ledger.retry_run(i, run_table => 'app.runs', new_run_id => (i + 20)::text) FROM generate_series(15, 16) i;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER more BEFORE INSERT ON runs FOR EACH ROW EXECUTE FUNCTION public.more();
SELECT retry_run(14, run_table => 'runs', new_run_id => '34');
-- What is left of it may be spent.
INSERT INTO runs (id, tenant_id, status, parent_run_id) SELECT id + 20, 't1', 'queued', id FROM runs WHERE id BETWEEN 17 AND 18;
DO $$ BEGIN IF (SELECT count(*) FROM retry_ledger.retry_history WHERE tenant = 't1' AND run_table = 'app.runs') <> 5 THEN RAISE SQLSTATE '22P99' USING MESSAGE = 'not the budget'; END IF; END $$;
