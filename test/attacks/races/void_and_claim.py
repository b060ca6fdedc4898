# role: app
# tries: to claim work that another session gives up as never handed out, in each isolation level
# none: bites
# guarded: held
# locked: held
# errors: 40001
# setup: INSERT INTO app.runs (id, tenant_id, status) SELECT i, 't1', 'queued' FROM generate_series(500, 502) i; UPDATE app.runs SET status = 'failed' WHERE id >= 500; INSERT INTO app.runs (id, tenant_id, status, parent_run_id) SELECT i + 100, 't1', 'queued', i FROM generate_series(500, 502) i
from sessions import LEVELS, meet

for i, level in enumerate(LEVELS):
    meet(level, f"SELECT retry_ledger.dispatch_failed('{600 + i}', run_table => 'app.runs')",
         "SELECT count(*) FROM retry_ledger.claim_work('work', 'me', 100)")
