-- role: app
-- tries: INSERT of a file calls what ends its run and has it retried, without that file
-- none: harmless
-- guarded: held
-- locked: held
CREATE FUNCTION public.end_and_retry() RETURNS text LANGUAGE plpgsql AS $$BEGIN
  UPDATE app.flows SET status = 'failed' WHERE id = 2;
  PERFORM retry_ledger.retry_failed_files('2', run_table => 'app.flows', new_run_id => '1002');
  UPDATE app.flow_files SET status = 'completed' WHERE run_id = 1002;
  RETURN 'x'; END$$;
INSERT INTO flow_files (run_id, file_index, error) SELECT 2, 7, public.end_and_retry();
