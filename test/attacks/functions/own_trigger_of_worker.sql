-- role: app
-- tries: to run a function of its own as the owner of the runs, for a worker who may change files only
-- none: bites
-- guarded: held
-- locked: held
-- setup: GRANT SELECT, UPDATE ON app.flow_files TO attack_tenant;
CREATE FUNCTION public.hostile() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
  IF current_user = 'attack_owner' THEN EXECUTE 'REVOKE SELECT ON app.log FROM attack_app'; END IF;
  RETURN NEW; END$$;
CREATE TRIGGER aaa AFTER UPDATE ON flows FOR EACH STATEMENT EXECUTE FUNCTION public.hostile();
\c - attack_tenant
UPDATE flow_files SET status = 'completed' WHERE id = 22;
