-- role: app
-- tries: (a known hole: the profile of a retry made by a function is checked before such triggers) a trigger that changes the columns of a retry after the function has looked at them
-- none: bites
-- guarded: not held
-- locked: not held
CREATE FUNCTION public.hostile() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.profile := 'huge'; RETURN NEW; END$$;

CREATE TRIGGER zzz BEFORE INSERT ON runs FOR EACH ROW EXECUTE FUNCTION public.hostile();
SELECT retry_run(2, run_table => 'runs', new_run_id => '90');
