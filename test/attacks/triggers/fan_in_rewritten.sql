-- role: app
-- tries: to keep a run from ending with its last file, or to have it end with wrong counts: a BEFORE trigger rewrites the run's last step
-- none: bites
-- guarded: held
-- locked: held
CREATE FUNCTION public.hostile() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
  IF OLD.id = 2 THEN NEW.status := OLD.status; END IF;
  IF OLD.id = 3 THEN NEW.completed_files := 99; NEW.status := 'completed'; END IF;
  RETURN NEW; END$$;
CREATE TRIGGER aaa BEFORE UPDATE ON flows FOR EACH ROW EXECUTE FUNCTION public.hostile();
UPDATE flow_files SET status = 'completed' WHERE id = 22;
UPDATE flow_files SET status = 'failed' WHERE id = 31;
