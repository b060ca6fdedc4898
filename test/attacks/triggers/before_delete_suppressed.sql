-- role: app
-- tries: a trigger sorted before the guards that deletes and changes on its own
-- none: bites
-- guarded: held
-- locked: held
CREATE FUNCTION public.hostile() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN IF pg_trigger_depth() = 1 THEN UPDATE app.runs SET error = 'x' WHERE id = 2; END IF; RETURN OLD; END$$;

CREATE TRIGGER aaa BEFORE DELETE ON runs FOR EACH ROW EXECUTE FUNCTION public.hostile();
DELETE FROM runs WHERE id = 7;
