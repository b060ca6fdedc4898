-- role: app
-- tries: to run a function of its own as the owner of the runs, who ends them by their files
-- none: bites
-- guarded: held
-- locked: held
CREATE FUNCTION public.hostile() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
  IF current_user = 'attack_app' THEN RETURN NULL; END IF;
  EXECUTE 'REVOKE SELECT ON app.log FROM attack_app';
  RETURN NEW; END$$;
CREATE TRIGGER aaa BEFORE UPDATE ON flows FOR EACH ROW EXECUTE FUNCTION public.hostile();
UPDATE flow_files SET status = 'completed' WHERE id = 22;
