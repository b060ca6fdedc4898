# role: app
# tries: to end a run twice at once, each time otherwise, in each isolation level
# none: bites
# guarded: held
# locked: held
# errors: 40001
# setup: INSERT INTO app.runs (id, tenant_id, status) SELECT i, 't1', 'queued' FROM generate_series(500, 502) i
from sessions import LEVELS, meet

for i, level in enumerate(LEVELS):
    meet(level, f"UPDATE app.runs SET status = 'failed', error = 'first' WHERE id = {500 + i}",
         f"UPDATE app.runs SET status = 'completed' WHERE id = {500 + i}")
