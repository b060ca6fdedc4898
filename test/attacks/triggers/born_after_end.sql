-- role: app
-- tries: to have files born into a run that has ended: a trigger completes the first file of a statement, or the last one there was, before the others are looked at
-- none: harmless
-- guarded: held
-- locked: held
INSERT INTO flows (id) VALUES (4), (5), (6);
INSERT INTO flow_files (id, run_id, file_index) VALUES (50, 5, 0), (60, 6, 0);
CREATE FUNCTION public.hostile() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
  IF NEW.id = 41 THEN UPDATE app.flow_files SET status = 'completed' WHERE id = 41; END IF;
  BEGIN
    IF NEW.id = 51 THEN UPDATE app.flow_files SET status = 'completed' WHERE id = 50; END IF;
  EXCEPTION WHEN division_by_zero THEN NULL; END;
  RETURN NULL; END$$;
CREATE TRIGGER zzz AFTER INSERT ON flow_files FOR EACH ROW EXECUTE FUNCTION public.hostile();
INSERT INTO flow_files (id, run_id, file_index) VALUES (41, 4, 0), (42, 4, 1), (43, 4, 2);
INSERT INTO flow_files (id, run_id, file_index) VALUES (51, 5, 1), (52, 5, 2);
WITH late AS (INSERT INTO flow_files (id, run_id, file_index) VALUES (61, 6, 1))
UPDATE flow_files SET status = 'completed' WHERE id = 60;
