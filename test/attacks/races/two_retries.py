# role: app
# tries: two retries of one run at once, in each isolation level
# none: bites
# guarded: held
# locked: held
# errors: 40001
# setup: INSERT INTO app.runs (id, tenant_id, status) SELECT i, 't1', 'queued' FROM generate_series(500, 502) i; UPDATE app.runs SET status = 'failed' WHERE id >= 500
from sessions import LEVELS, meet

for i, level in enumerate(LEVELS):
    meet(level, *[f"INSERT INTO app.runs (id, tenant_id, status, parent_run_id) VALUES ({key + i}, 't1', 'queued', {500 + i})"
                  for key in (600, 700)])
