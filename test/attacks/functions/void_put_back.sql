-- role: app
-- tries: a retry that was started is made void by the statement that puts it back, or a file of it, before the ledger says so
-- none: bites
-- guarded: held
-- locked: held
INSERT INTO flow_files (id, run_id, file_index) VALUES (32, 3, 1);
UPDATE flow_files SET status = 'failed' WHERE run_id = 3;
SELECT retry_ledger.retry_run('1', run_table => 'app.day_runs', new_run_id => '101');
SELECT retry_ledger.retry_failed_files('1', run_table => 'app.flows', new_run_id => '1001');
SELECT retry_ledger.retry_failed_files('3', run_table => 'app.flows', new_run_id => '1003');
UPDATE day_runs SET status = 'running' WHERE id IN (101, 102);
UPDATE flow_files SET status = 'processing' WHERE run_id IN (1001, 1003) AND file_index = 1;
CREATE FUNCTION public.void() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
  PERFORM retry_ledger.dispatch_failed((to_jsonb(NEW) ->> TG_ARGV[1]), run_table => TG_ARGV[0]::regclass);
  RETURN NULL; END$$;
CREATE TRIGGER aaa AFTER UPDATE ON day_runs FOR EACH ROW WHEN (OLD.status = 'running' AND NEW.id = 102 AND NEW.status = 'queued')
  EXECUTE FUNCTION public.void('app.day_runs', 'id');
UPDATE day_runs SET status = 'queued' WHERE id = 102;
CREATE FUNCTION public.void_101() RETURNS text LANGUAGE plpgsql AS $$BEGIN
  RETURN retry_ledger.dispatch_failed('101', run_table => 'app.day_runs'); END$$;
WITH back AS (UPDATE day_runs SET status = 'queued' WHERE id = 101 RETURNING id) SELECT public.void_101() FROM back;
CREATE TRIGGER aaa AFTER UPDATE ON flow_files FOR EACH ROW WHEN (OLD.status = 'processing' AND NEW.run_id = 1001)
  EXECUTE FUNCTION public.void('app.flows', 'run_id');
UPDATE flow_files SET status = 'pending' WHERE run_id = 1001;
-- After our own trigger for another file of the statement.
CREATE TRIGGER zzz AFTER UPDATE ON flow_files FOR EACH ROW WHEN (NEW.run_id = 1003 AND NEW.file_index = 0)
  EXECUTE FUNCTION public.void('app.flows', 'run_id');
UPDATE flow_files SET status = 'pending', error = 'seen' WHERE run_id = 1003;
