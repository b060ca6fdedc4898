-- role: app
-- tries: to have a retry void and refunded, and go on with it: a BEFORE trigger keeps its status
-- none: bites
-- guarded: held
-- locked: held
CREATE FUNCTION public.hostile() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
  IF OLD.id = 103 AND NEW.status = 'failed' THEN NEW.status := OLD.status; NEW.error := OLD.error; END IF;
  RETURN NEW; END$$;
CREATE TRIGGER aaa BEFORE UPDATE ON runs FOR EACH ROW EXECUTE FUNCTION public.hostile();
SELECT * FROM dispatch_failed(103, 'nobody there', run_table => 'runs');
SELECT * FROM retry_run(3, run_table => 'runs', new_run_id => '203');
UPDATE runs SET status = 'running' WHERE id = 103;
UPDATE runs SET status = 'completed' WHERE id = 103;
