-- role: app
-- login: attack_owner
-- tries: a BEFORE trigger that gives a decided retry another parent, or none
-- none: harmless
-- guarded: held
-- locked: held
-- errors: 42501
CREATE FUNCTION public.hostile() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.parent_run_id := 1; RETURN NEW; END$$;
CREATE FUNCTION public.orphan() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.parent_run_id := NULL; RETURN NEW; END$$;

CREATE TRIGGER zzz BEFORE INSERT ON runs FOR EACH ROW EXECUTE FUNCTION public.hostile();
SELECT retry_run(2, run_table => 'runs', new_run_id => '90');
DROP TRIGGER zzz ON runs;
CREATE TRIGGER zzz BEFORE INSERT ON runs FOR EACH ROW EXECUTE FUNCTION public.orphan();
SELECT retry_run(2, run_table => 'runs', new_run_id => '91');
INSERT INTO runs (id, tenant_id, status, parent_run_id) VALUES (92, 't1', 'queued', 2);
