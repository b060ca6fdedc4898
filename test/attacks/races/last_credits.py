# role: app
# tries: to spend the same credits in two sessions at once, in each isolation level
# none: bites
# guarded: held
# locked: held
# errors: 40001
# setup: INSERT INTO app.runs (id, tenant_id, status) SELECT i, 't1', 'queued' FROM generate_series(500, 505) i; UPDATE app.runs SET status = 'failed' WHERE id >= 500; SELECT retry_ledger.set_retry_policy('app.runs', price => 9)
# The tenant has 17: enough for one retry, and after each round for one again.
from sessions import LEVELS, Session, meet

for i, level in enumerate(LEVELS):
    meet(level, *[f"INSERT INTO app.runs (id, tenant_id, status, parent_run_id) VALUES ({600 + key}, 't1', 'queued', {500 + key})"
                  for key in (2 * i, 2 * i + 1)])
    treasurer = Session('postgres')
    treasurer.ask("SELECT retry_ledger.grant_credits('t1', 9, 'purchased')")
    treasurer.close()
