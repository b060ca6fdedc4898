# role: app
# login: attack_tenant
# tries: to keep everybody from work by a prepared report of it, and by settling its leases, without a right on its table or to see its row
# none: harmless
# guarded: held
# locked: held
# setup: GRANT EXECUTE ON FUNCTION retry_ledger.finish_work_batch(jsonb), retry_ledger.expire_leases(text, int) TO attack_tenant; GRANT UPDATE ON app.tenant_runs TO attack_tenant; GRANT EXECUTE ON FUNCTION retry_ledger.claim_work(text, text, int, interval), retry_ledger.extend_lease(text, bigint, interval, regclass) TO attack_owner; SELECT retry_ledger.set_work_queue('app.runs', max_deliveries => 2); SELECT retry_ledger.set_work_queue('app.tenant_runs', 'tenants', dispatch => 'all', start_status => ''); INSERT INTO app.tenant_runs (id, tenant_id, status) VALUES ('c', 't2', 'queued')
import os

from sessions import Session

database = os.environ['PGDATABASE']
worker, owner, other, watcher = Session('attack_app'), Session('attack_owner'), Session(), Session('postgres')
worker.ask("SELECT count(*) FROM retry_ledger.claim_work('work', 'me', 1, '1 microsecond')")
owner.ask("SELECT count(*) FROM retry_ledger.claim_work('tenants', 'me', 9)")
reports = '''SELECT jsonb_agg(jsonb_build_object('job_id', id, 'fence', fence, 'status', status, 'run_table', run_table))
  FROM unnest('{5,6,7,103,204,c}'::text[]) id, generate_series(0, 1) fence,
       (VALUES ('completed', 'app.runs'), ('nonsense', 'app.runs'), ('failed', 'app.tenant_runs'), ('completed', NULL)) said(status, run_table)'''
other.ask('BEGIN')
other.ask(f'SELECT result, count(*) FROM retry_ledger.finish_work_batch(({reports})) GROUP BY 1')
other.ask("SELECT count(*) FROM retry_ledger.expire_leases('work')")
other.ask(f"PREPARE TRANSACTION '{database}'")
worker.ask("SET lock_timeout = '1s'")
worker.ask("SELECT count(*) FROM retry_ledger.claim_work('work', 'me', 100)")
owner.ask("SET lock_timeout = '1s'")
extended = owner.ask("SELECT retry_ledger.extend_lease('c', 1, '1 hour', 'app.tenant_runs') > now()")
left = watcher.ask("SELECT count(*) FROM retry_ledger.work_item WHERE state = 'queued' OR state = 'leased' AND lease_until < now()")
if left != '0' or extended != 't':
    print('ERROR:  22P99: work is kept from its worker')
for session in (worker, owner, other, watcher):
    session.close()
