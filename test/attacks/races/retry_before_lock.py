# role: app
# tries: a run ends and is retried in one statement, before its guard has waited for another session that completes a file of it
# none: harmless
# guarded: held
# locked: held
# setup: INSERT INTO app.flows (id) VALUES (50); INSERT INTO app.flow_files (id, run_id, file_index) VALUES (501, 50, 0), (502, 50, 1)
from sessions import Session

watcher, retrier, worker = Session(quiet=True), Session(), Session()
retrier.ask("""CREATE FUNCTION public.retry() RETURNS text LANGUAGE plpgsql VOLATILE AS $$
BEGIN RETURN retry_ledger.retry_failed_files('50', run_table => 'app.flows', new_run_id => '1050'); END $$""")
worker.ask('BEGIN')
worker.ask("UPDATE app.flow_files SET status = 'completed' WHERE id = 501")
retrier.send("WITH ended AS (UPDATE app.flows SET status = 'failed' WHERE id = 50 RETURNING id) SELECT public.retry() FROM ended")
retrier.wait_until_blocked(watcher)
worker.ask('COMMIT')
retrier.wait()
for session in (watcher, retrier, worker):
    session.close()
