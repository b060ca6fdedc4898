-- role: app
-- login: attack_tenant
-- tries: by its search_path, to run a function of its own as the owner of the runs, whose trigger names a built-in function
-- none: bites
-- guarded: held
-- locked: held
-- setup: SET ROLE attack_owner; CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN IF lower(NEW.status) = 'x' THEN RAISE 'x'; END IF; RETURN NEW; END$$; CREATE TRIGGER touch BEFORE UPDATE ON app.flows FOR EACH ROW EXECUTE FUNCTION app.touch(); GRANT SELECT, UPDATE ON app.flow_files TO attack_tenant; GRANT SELECT ON app.flows TO attack_tenant;
CREATE FUNCTION public.lower(text) RETURNS text LANGUAGE plpgsql AS $$BEGIN
  IF current_user = 'attack_owner' THEN EXECUTE 'REVOKE SELECT ON app.log FROM attack_app'; END IF;
  RETURN $1; END$$;
SET search_path = public, pg_catalog;
UPDATE app.flow_files SET status = 'completed' WHERE id = 22;
