# role: app
# tries: the last two files of a run end at once, and nobody ends the run, in each isolation level
# none: bites
# guarded: held
# locked: held
# errors: 40001
# setup: INSERT INTO app.flows (id) SELECT generate_series(500, 502); INSERT INTO app.flow_files (id, run_id, file_index) SELECT 2 * i + j, i, j FROM generate_series(500, 502) i, generate_series(0, 1) j
from sessions import LEVELS, meet

for i, level in enumerate(LEVELS):
    meet(level, *[f"UPDATE app.flow_files SET status = 'completed' WHERE id = {1000 + 2 * i + j}" for j in (0, 1)])
