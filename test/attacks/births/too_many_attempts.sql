-- role: app
-- tries: a chain of retries beyond the limit
-- none: bites
-- guarded: held
-- locked: held
DO $$
DECLARE last bigint := 7;
BEGIN
  FOR i IN 1..12 LOOP
    INSERT INTO app.runs (id, tenant_id, status, parent_run_id) VALUES (1000 + i, 't1', 'queued', last);
    UPDATE app.runs SET status = 'failed' WHERE id = 1000 + i;
    last := 1000 + i;
  END LOOP;
END $$;
