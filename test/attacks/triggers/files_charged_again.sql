-- role: app
-- tries: nothing: an ordinary trigger on files that touches a new one, in an exception block or not; what it retries is charged for once
-- none: bites
-- guarded: held
-- locked: held
-- setup: SELECT retry_ledger.grant_credits(NULL, 50, 'purchased'); SELECT retry_ledger.set_retry_policy('app.flows', price => 1, max_attempts => 5); INSERT INTO app.flow_files (id, run_id, file_index) VALUES (23, 2, 2), (24, 2, 3); UPDATE app.flow_files SET status = 'failed' WHERE id IN (22, 23, 24, 31);
CREATE FUNCTION public.touch() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
  UPDATE app.flow_files SET error = 'seen' WHERE id = NEW.id;
  BEGIN UPDATE app.flow_files SET error = 'seen again' WHERE id = NEW.id; RAISE 'back';
  EXCEPTION WHEN raise_exception THEN NULL; END;
  RETURN NULL; END$$;
CREATE TRIGGER zzz AFTER INSERT ON flow_files FOR EACH ROW EXECUTE FUNCTION public.touch();
SELECT * FROM retry_failed_files(2, run_table => 'flows', new_run_id => '21');
SELECT * FROM retry_failed_files(3, run_table => 'flows', new_run_id => '13');
SELECT run_id, credits FROM run_credits;
