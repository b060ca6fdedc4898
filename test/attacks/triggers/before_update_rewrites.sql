-- role: app
-- tries: a BEFORE trigger, sorted last, that changes an ended row in an UPDATE that names nothing
-- none: bites
-- guarded: held
-- locked: held
CREATE FUNCTION public.hostile() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.error := 'rewritten'; NEW.amount := 5; RETURN NEW; END$$;

CREATE TRIGGER zzz BEFORE UPDATE ON runs FOR EACH ROW EXECUTE FUNCTION public.hostile();
UPDATE runs SET status = status WHERE id = 2;
UPDATE runs SET id = id WHERE id = 2;
