-- role: owner
-- tries: a retry for nothing, by a decision that was made without a price, which was rolled back
-- none: bites
-- guarded: held
-- locked: held
CREATE FUNCTION public.zzz() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
  IF current_setting('x.suppress', true) = 'yes' THEN RETURN NULL; END IF;
  IF current_setting('x.other', true) <> '' THEN NEW.parent_run_id := current_setting('x.other')::bigint; END IF;
  RETURN NEW; END$$;
CREATE TRIGGER zzz BEFORE INSERT ON runs FOR EACH ROW EXECUTE FUNCTION public.zzz();
BEGIN;
SAVEPOINT s;
SELECT set_retry_policy('runs', clear => '{price}');
SET x.suppress = 'yes';
INSERT INTO runs (id, tenant_id, status, parent_run_id) VALUES (90, 't1', 'queued', 7);
ROLLBACK TO s;
SET x.suppress = 'no';
SET x.other = '7';
INSERT INTO runs (id, tenant_id, status, parent_run_id) VALUES (90, 't1', 'queued', 2);
COMMIT;
