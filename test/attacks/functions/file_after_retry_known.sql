-- role: app
-- tries: the same in a trigger, whose own statement does it, after another file that the outer one has changed while the run lived
-- none: bites
-- guarded: held
-- locked: held
CREATE FUNCTION public.end_and_retry() RETURNS text LANGUAGE plpgsql AS $$BEGIN
  UPDATE app.flows SET status = 'failed' WHERE id = 4;
  INSERT INTO app.flows (id, parent_run_id) VALUES (4000, 4);
  RETURN 'x'; END$$;
CREATE FUNCTION public.hostile() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
  UPDATE app.flow_files SET status = 'completed', error = public.end_and_retry() WHERE id = 42;
  RETURN NULL; END$$;
CREATE TRIGGER zzz AFTER UPDATE ON flow_files FOR EACH ROW WHEN (NEW.id = 41) EXECUTE FUNCTION public.hostile();
INSERT INTO flows (id) VALUES (4);
INSERT INTO flow_files (id, run_id, file_index) VALUES (41, 4, 0), (42, 4, 1);
UPDATE flow_files SET status = 'processing' WHERE id = 41;
