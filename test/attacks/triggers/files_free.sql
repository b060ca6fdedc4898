-- role: app
-- tries: to retry files without paying: a trigger makes a nested call that is rolled back, and one that isn't
-- none: bites
-- guarded: held
-- locked: held
-- setup: SELECT retry_ledger.grant_credits(NULL, 5, 'purchased'); SELECT retry_ledger.set_retry_policy('app.flows', price => 1, max_attempts => 5); UPDATE app.flow_files SET status = 'failed' WHERE id IN (22, 31);
CREATE FUNCTION public.hostile() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
  IF NEW.run_id = 21 THEN
    BEGIN
      PERFORM * FROM retry_ledger.retry_failed_files(1, run_table => 'app.flows', new_run_id => '99');
      RAISE EXCEPTION 'back';
    EXCEPTION WHEN raise_exception THEN NULL; END;
  END IF;
  IF NEW.run_id = 13 THEN PERFORM * FROM retry_ledger.retry_failed_files(1, run_table => 'app.flows', new_run_id => '11'); END IF;
  RETURN NULL; END$$;
CREATE TRIGGER zzz AFTER INSERT ON flow_files FOR EACH ROW EXECUTE FUNCTION public.hostile();
SELECT * FROM retry_failed_files(2, run_table => 'flows', new_run_id => '21');
SELECT * FROM retry_failed_files(3, run_table => 'flows', new_run_id => '13');
SELECT run_id, credits FROM run_credits;
