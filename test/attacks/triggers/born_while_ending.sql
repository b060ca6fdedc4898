-- role: app
-- tries: triggers of the runs bear a file while a run ends with its last file
-- none: bites
-- guarded: held
-- locked: held
-- setup: INSERT INTO app.flows (id) VALUES (4); INSERT INTO app.flow_files (id, run_id, file_index) VALUES (41, 4, 0)
CREATE FUNCTION public.each_row() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
  IF NEW.status LIKE 'completed%' THEN INSERT INTO app.flow_files (run_id, file_index) VALUES (NEW.id, 77); END IF;
  RETURN NEW; END$$;
CREATE FUNCTION public.each_statement() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
  INSERT INTO app.flow_files (run_id, file_index) VALUES (4, 77);
  RETURN NULL; END$$;
CREATE TRIGGER aaa BEFORE UPDATE ON flows FOR EACH ROW WHEN (NEW.id = 2) EXECUTE FUNCTION public.each_row();
UPDATE flow_files SET status = 'completed' WHERE id = 22;
CREATE TRIGGER bbb BEFORE UPDATE ON flows FOR EACH STATEMENT EXECUTE FUNCTION public.each_statement();
UPDATE flow_files SET status = 'completed' WHERE id = 41;
