# role: app
# login: attack_tenant
# tries: to keep everybody from a queue of others, which has a limit, by a prepared claim, without a right on its tables
# none: harmless
# guarded: held
# locked: held
# setup: GRANT EXECUTE ON FUNCTION retry_ledger.claim_work(text, text, int, interval) TO attack_tenant; SELECT retry_ledger.set_work_queue('app.runs', rate_limit => 1000, rate_window => '1 minute')
import os

from sessions import Session

worker, other, watcher = Session('attack_app'), Session(), Session('postgres')
worker.ask("SELECT count(*) FROM retry_ledger.claim_work('work', 'me', 100)")
other.ask('BEGIN')
other.ask("SELECT count(*) FROM retry_ledger.claim_work('work', 'me')")
other.ask(f"PREPARE TRANSACTION '{os.environ['PGDATABASE']}'")
worker.ask("INSERT INTO app.runs (id, tenant_id, status) VALUES (1000, 't1', 'queued')")
worker.ask("SET lock_timeout = '1s'")
worker.ask("SELECT count(*) FROM retry_ledger.claim_work('work', 'me')")
if watcher.ask("SELECT count(*) FROM retry_ledger.work_item WHERE state = 'queued'") != '0':
    print('ERROR:  22P99: work is kept from its worker')
for session in (worker, other, watcher):
    session.close()
