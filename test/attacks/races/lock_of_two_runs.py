# role: app
# tries: a retry in the statement that ends its run gives back the lock of another run of its transaction, whose files somebody else waits for
# none: bites
# guarded: held
# locked: held
# setup: INSERT INTO app.flows (id) VALUES (108), (116); INSERT INTO app.flow_files (id, run_id, file_index) VALUES (501, 108, 0), (502, 108, 1), (511, 116, 0), (512, 116, 1); UPDATE app.flow_files SET status = 'failed' WHERE id = 511
from sessions import Session

# The locks of 108 and 116 have one number.
watcher, worker, other = Session(quiet=True), Session(), Session()
worker.ask("""CREATE FUNCTION public.retry() RETURNS text LANGUAGE plpgsql VOLATILE AS $$
BEGIN RETURN retry_ledger.retry_failed_files('116', run_table => 'app.flows', new_run_id => '1116'); END $$""")
worker.ask('BEGIN')
worker.ask("UPDATE app.flow_files SET status = 'completed' WHERE id = 501")
other.send("UPDATE app.flows SET status = 'failed' WHERE id = 108")
other.wait_until_blocked(watcher)
worker.ask("WITH ended AS (UPDATE app.flows SET status = 'failed' WHERE id = 116 RETURNING id) SELECT public.retry() FROM ended")
if other.finished():
    other.ask("SELECT retry_ledger.retry_failed_files('108', run_table => 'app.flows', new_run_id => '1108')")
worker.ask('COMMIT')
other.wait()
for session in (watcher, worker, other):
    session.close()
