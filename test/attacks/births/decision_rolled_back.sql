-- role: app
-- tries: a retry of a run that is running, and of one that never was, by decisions that were rolled back before their rows were born
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
UPDATE runs SET status = 'failed', error = 'connection timed out' WHERE id = 5;
SET x.suppress = 'yes';
INSERT INTO runs (id, tenant_id, status, parent_run_id, note, amount, score, doc, spots, big, customer_id, tag, profile)
  SELECT 90, tenant_id, 'queued', 5, note, amount, score, doc, spots, big, customer_id, tag, profile FROM runs WHERE id = 5;
ROLLBACK TO s;
SET x.suppress = 'no';
SET x.other = '5';
INSERT INTO runs (id, tenant_id, status, parent_run_id, note, amount, score, doc, spots, big, customer_id, tag, profile)
  SELECT 90, tenant_id, 'queued', 2, note, amount, score, doc, spots, big, customer_id, tag, profile FROM runs WHERE id = 5;
COMMIT;
SET x.other = '';
BEGIN;
SAVEPOINT s;
INSERT INTO runs (id, tenant_id, status) VALUES (77, 't1', 'queued');
UPDATE runs SET status = 'failed', error = 'forged' WHERE id = 77;
SET x.suppress = 'yes';
INSERT INTO runs (id, tenant_id, status, parent_run_id) VALUES (91, 't1', 'queued', 77);
ROLLBACK TO s;
SET x.suppress = 'no';
SET x.other = '77';
INSERT INTO runs (id, tenant_id, status, parent_run_id) VALUES (91, 't1', 'queued', 7);
COMMIT;
