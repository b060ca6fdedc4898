# role: app
# tries: a retry is void while a file that was born meanwhile is handed out
# none: bites
# guarded: held
# locked: held
# setup: SET ROLE attack_owner; SELECT retry_ledger.set_work_queue('app.flow_files', queue => 'fq', mode => 'file', dispatch => 'all', start_status => ''); INSERT INTO app.flows (id, parent_run_id) VALUES (1001, 1)
from sessions import Session

watcher, holder, voider, worker = Session('postgres', quiet=True), Session(), Session(), Session()
holder.ask('BEGIN')
holder.ask('SELECT id FROM app.flows WHERE id = 1001 FOR NO KEY UPDATE')
voider.send("SELECT refund FROM retry_ledger.dispatch_failed('1001', run_table => 'app.flows')")
voider.wait_until_blocked(watcher)
worker.ask('INSERT INTO app.flow_files (id, run_id, file_index, parent_file_id) VALUES (1012, 1001, 1, 12)')
worker.ask("SELECT job_id, fence FROM retry_ledger.claim_work('fq', 'me', 10)")
holder.ask('COMMIT')
voider.wait()
# What shows that work of a void retry is in somebody's hands.
watcher.ask("""DO $$ BEGIN
  IF EXISTS (SELECT FROM retry_ledger.retry WHERE retry_key = '1001' AND voided_at IS NOT NULL) AND EXISTS (
    SELECT FROM retry_ledger.work_item WHERE run_key = '1001' AND state <> 'void') THEN
    CREATE TABLE app.ran_as_superuser (); END IF; END $$""")
for session in (watcher, holder, voider, worker):
    session.close()
