-- role: app
-- tries: a statement that completes the file of a retry calls what makes the retry void, as one that was never started
-- none: harmless
-- guarded: held
-- locked: held
-- setup: SELECT retry_ledger.set_retry_policy('app.flows', price => 1); SELECT retry_ledger.grant_credits(NULL, 20, 'purchased')
SELECT retry_ledger.retry_failed_files('1', run_table => 'app.flows', new_run_id => '1001');
CREATE FUNCTION public.void() RETURNS text LANGUAGE plpgsql AS $$BEGIN
  PERFORM retry_ledger.dispatch_failed('1001', run_table => 'app.flows');
  RETURN 'x'; END$$;
UPDATE flow_files SET status = 'completed', error = public.void() WHERE run_id = 1001;
SELECT retry_ledger.retry_failed_files('1', run_table => 'app.flows', new_run_id => '1003');
