-- role: app
-- tries: a BEFORE trigger that changes key, tenant and lineage of a live run, none of which the UPDATE names
-- none: bites
-- guarded: held
-- locked: held
CREATE FUNCTION public.hostile() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.attempt := 9; NEW.parent_run_id := 2; NEW.tenant_id := 't9'; RETURN NEW; END$$;

UPDATE runs SET note = 'warm' WHERE id = 5;
CREATE TRIGGER zzz BEFORE UPDATE ON runs FOR EACH ROW EXECUTE FUNCTION public.hostile();
UPDATE runs SET note = 'x' WHERE id = 5;
