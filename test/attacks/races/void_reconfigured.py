# role: owner
# tries: to have a void retry go on, by a status that isn't an ended one any more when it is moved there
# none: harmless
# guarded: held
# locked: held
# errors: 40001
# setup: SET ROLE attack_owner; CREATE TABLE app.jobs (id bigint PRIMARY KEY, status text NOT NULL DEFAULT 'queued', error text); SELECT count(*) FROM retry_ledger.govern_runs('app.jobs', statuses => '{"initial":["queued"],"active":["running"],"ended":["completed","failed","aborted"]}', void_status => 'aborted'); GRANT ALL ON app.jobs TO attack_app; INSERT INTO app.jobs (id) VALUES (1); UPDATE app.jobs SET status = 'failed'; SELECT retry_ledger.retry_run(1, run_table => 'app.jobs', new_run_id => '101')
from sessions import Session

owner, app = Session(), Session('attack_app')
owner.ask('BEGIN')
owner.ask('''SELECT count(*) FROM govern_runs('app.jobs', void_status => 'failed',
    statuses => '{"initial":["queued"],"active":["running","aborted"],"ended":["completed","failed"]}')''')
app.send("SELECT status FROM dispatch_failed(101, run_table => 'app.jobs')")
app.wait_until_blocked(owner)
owner.ask('COMMIT')
app.wait()
app.ask("SELECT retry_run_id FROM retry_run(1, run_table => 'app.jobs', new_run_id => '1001')")
app.ask("UPDATE app.jobs SET status = 'running' WHERE id IN (101, 1001)")
if owner.ask("SELECT count(*) FROM app.jobs WHERE parent_run_id = 1 AND status = 'running'") == '2':
    owner.ask('REVOKE SELECT ON app.log FROM attack_app')
owner.close()
app.close()
