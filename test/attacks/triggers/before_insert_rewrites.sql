-- role: app
-- tries: a BEFORE trigger that turns a birth into one that ended
-- none: bites
-- guarded: held
-- locked: held
CREATE FUNCTION public.hostile() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.status := 'completed'; NEW.attempt := 4; RETURN NEW; END$$;

CREATE TRIGGER zzz BEFORE INSERT ON runs FOR EACH ROW EXECUTE FUNCTION public.hostile();
INSERT INTO runs (id, tenant_id, status) VALUES (90, 't1', 'queued');
SELECT retry_run(2, run_table => 'runs', new_run_id => '91');
