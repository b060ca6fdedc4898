-- role: app
-- tries: a trigger that changes the profile of a retry after a function has decided it
-- none: harmless
-- guarded: held
-- locked: held
CREATE FUNCTION public.hostile() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.profile := 'huge'; RETURN NEW; END$$;

CREATE TRIGGER zzz BEFORE INSERT ON runs FOR EACH ROW EXECUTE FUNCTION public.hostile();
SELECT retry_run(2, run_table => 'runs', new_run_id => '90');
