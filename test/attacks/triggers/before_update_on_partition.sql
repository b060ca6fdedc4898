-- role: app
-- tries: the same on one partition only, in a session that has already updated it
-- none: bites
-- guarded: held
-- locked: held
CREATE FUNCTION public.hostile() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.attempt := 9; NEW.parent_run_id := 2; RETURN NEW; END$$;

UPDATE day_runs SET note = 'warm' WHERE id = 3;
CREATE TRIGGER zzz BEFORE UPDATE ON day_runs_1 FOR EACH ROW EXECUTE FUNCTION public.hostile();
UPDATE day_runs SET note = 'x' WHERE id = 3;
