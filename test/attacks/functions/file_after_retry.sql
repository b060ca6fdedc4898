-- role: app
-- tries: a statement on a file calls what ends its run and has it retried, then ends the file, which is retried as one that had never run
-- none: harmless
-- guarded: held
-- locked: held
-- setup: SELECT retry_ledger.set_retry_policy('app.flows', price => 1); SELECT retry_ledger.grant_credits(NULL, 20, 'purchased'); INSERT INTO app.flows (id) VALUES (4); INSERT INTO app.flow_files (id, run_id, file_index) VALUES (41, 4, 0)
CREATE FUNCTION public.end_and_retry(run bigint) RETURNS text LANGUAGE plpgsql AS $$BEGIN
  UPDATE app.flows SET status = 'failed' WHERE id = run;
  PERFORM retry_ledger.retry_failed_files(run::text, run_table => 'app.flows', new_run_id => (run * 1000)::text);
  RETURN 'x'; END$$;
UPDATE app.flow_files SET status = 'failed', error = public.end_and_retry(2) WHERE id = 22;
UPDATE app.flow_files SET status = 'completed', error = public.end_and_retry(4) WHERE id = 41;
