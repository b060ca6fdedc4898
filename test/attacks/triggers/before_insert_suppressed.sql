-- role: app
-- tries: a BEFORE trigger that suppresses the row of a retry, for its effects alone
-- none: harmless
-- guarded: held
-- locked: held
CREATE FUNCTION public.hostile() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$;

CREATE TRIGGER zzz BEFORE INSERT ON runs FOR EACH ROW EXECUTE FUNCTION public.hostile();
SELECT retry_run(2, run_table => 'runs', new_run_id => '90');
INSERT INTO runs (id, tenant_id, status, parent_run_id) VALUES (91, 't1', 'queued', 2);
