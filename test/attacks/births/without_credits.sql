-- role: app
-- tries: more retries than the tenant can pay, in one transaction
-- none: bites
-- guarded: held
-- locked: held
DO $$
DECLARE last bigint := 2;
BEGIN
  FOR i IN 1..40 LOOP
    INSERT INTO app.runs (id, tenant_id, status) VALUES (1000 + i, 't1', 'queued');
    UPDATE app.runs SET status = 'failed' WHERE id = 1000 + i;
    INSERT INTO app.runs (id, tenant_id, status, parent_run_id) VALUES (2000 + i, 't1', 'queued', 1000 + i);
  END LOOP;
END $$;
