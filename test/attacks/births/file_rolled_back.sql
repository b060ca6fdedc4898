-- role: app
-- tries: a file that retries one which never was, by what was seen before it was rolled back
-- none: bites
-- guarded: held
-- locked: held
CREATE FUNCTION public.zzz() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
  IF current_setting('x.suppress', true) = 'yes' THEN RETURN NULL; END IF;
  IF current_setting('x.other', true) <> '' THEN NEW.parent_file_id := current_setting('x.other')::bigint; END IF;
  RETURN NEW; END$$;
CREATE TRIGGER zzz BEFORE INSERT ON flow_files FOR EACH ROW EXECUTE FUNCTION public.zzz();
INSERT INTO flows (id) VALUES (8);
INSERT INTO flow_files (id, run_id, file_index) VALUES (81, 8, 0);
BEGIN;
SAVEPOINT s;
INSERT INTO flow_files (id, run_id, file_index) VALUES (83, 8, 2);
SET x.suppress = 'yes';
INSERT INTO flow_files (id, run_id, file_index, parent_file_id) VALUES (84, 8, 2, 83);
ROLLBACK TO s;
SET x.suppress = 'no';
UPDATE flows SET status = 'failed' WHERE id = 8;
INSERT INTO flows (id, parent_run_id) VALUES (80, 8);
SET x.other = '83';
INSERT INTO flow_files (id, run_id, file_index, parent_file_id) VALUES (84, 80, 2, 81);
COMMIT;
