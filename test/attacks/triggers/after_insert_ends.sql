-- role: app
-- tries: an AFTER trigger sorted before the guards that changes what has just been born
-- none: bites
-- guarded: held
-- locked: held
CREATE FUNCTION public.hostile() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN UPDATE app.runs SET status = 'failed', attempt = 3 WHERE id = NEW.id; RETURN NULL; END$$;

CREATE TRIGGER aaa AFTER INSERT ON runs FOR EACH ROW EXECUTE FUNCTION public.hostile();
INSERT INTO runs (id, tenant_id, status) VALUES (90, 't1', 'queued');
