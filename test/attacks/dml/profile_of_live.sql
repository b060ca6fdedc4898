-- role: app
-- tries: to give a retry that lives a profile that the policy does not allow, by hand, by a trigger, and as it ends
-- none: bites
-- guarded: held
-- locked: held
UPDATE runs SET profile = 'huge', amount = 99 WHERE id = 103;
UPDATE runs SET profile = 'huge', status = 'running' WHERE id = 204;
UPDATE runs SET profile = 'huge', status = 'failed' WHERE id = 204;
CREATE FUNCTION public.rewrite() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.profile := 'huge'; RETURN NEW; END $$;
CREATE TRIGGER rewrite BEFORE UPDATE ON runs FOR EACH ROW EXECUTE FUNCTION public.rewrite();
UPDATE runs SET note = 'x' WHERE id = 103;
