-- role: app
-- tries: a retry more than the tenant's budget has: a void that is rolled back between decision and birth
-- none: bites
-- guarded: held
-- locked: held
-- setup: SELECT set_retry_policy('app.runs', retries_per_tenant => 5, tenant_window => '1 day'); INSERT INTO app.runs (id, tenant_id, status) VALUES (8, 't1', 'queued'), (9, 't1', 'queued'); UPDATE app.runs SET status = 'failed', error = 'connection timed out' WHERE id IN (8, 9)
CREATE FUNCTION public.zzz() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
  IF current_setting('x.suppress', true) = 'yes' THEN RETURN NULL; END IF;
  IF NEW.id = 93 THEN
    BEGIN
      PERFORM retry_ledger.dispatch_failed('103', run_table => 'app.runs');
      PERFORM set_config('x.suppress', 'yes', true);
      INSERT INTO app.runs (id, tenant_id, status, parent_run_id) VALUES (99, 't1', 'queued', 9);
      RAISE EXCEPTION 'undo';
    EXCEPTION WHEN raise_exception THEN NULL; END;
  END IF;
  RETURN NEW; END$$;
CREATE TRIGGER zzz BEFORE INSERT ON app.runs FOR EACH ROW EXECUTE FUNCTION public.zzz();
INSERT INTO app.runs (id, tenant_id, status, parent_run_id) VALUES (91, 't1', 'queued', 7), (92, 't1', 'queued', 8), (93, 't1', 'queued', 9);
-- A retry too many shows as a fact that can't be seen.
\c - attack_owner
DO $$BEGIN IF (SELECT count(*) FROM retry_history WHERE tenant = 't1' AND voided_at IS NULL) > 5 THEN
  REVOKE SELECT ON log FROM attack_app; END IF; END$$;
