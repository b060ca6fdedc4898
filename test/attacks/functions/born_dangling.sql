-- role: owner
-- tries: to have a file's birth counted in memory that is gone: a function that the planner computes changes another file of the run meanwhile
-- none: bites
-- guarded: held
-- locked: held
-- setup: UPDATE app.flow_files SET status = 'failed' WHERE id IN (22, 31);
CREATE FUNCTION act() RETURNS int LANGUAGE plpgsql AS $$BEGIN
  IF current_setting('x.at', true) = '1' THEN
    PERFORM set_config('x.at', '0', false);
    IF NOT EXISTS (SELECT FROM app.flow_files f WHERE f.id = 91) THEN PERFORM set_config('x.at', '1', false); RETURN 1; END IF;
    UPDATE app.flow_files SET error = 'nested' WHERE id = 91;
  END IF;
  RETURN 1; END$$;
CREATE FUNCTION imm(i int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$BEGIN RETURN app.act(); END$$;
CREATE FUNCTION other_parent() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
  IF NEW.id BETWEEN 91 AND 99 THEN NEW.parent_file_id := 22; NEW.attempt := 2; NEW.is_retry := true; END IF;
  RETURN NEW; END$$;
CREATE TRIGGER zzz BEFORE INSERT ON flow_files FOR EACH ROW EXECUTE FUNCTION other_parent();
CREATE STATISTICS late ON (id + imm(1)), file_index FROM flow_files;
INSERT INTO flows (id, parent_run_id) VALUES (21, 2);
SET x.at = 1;
INSERT INTO flow_files (id, run_id, file_index) VALUES (91, 21, 1);
SET x.at = 0;
DROP STATISTICS late;
