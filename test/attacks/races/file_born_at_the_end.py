# role: app
# tries: a file that is born while another session ends the last one of its run, in each isolation level
# none: harmless
# guarded: held
# locked: held
# errors: 40001
# setup: INSERT INTO app.flows (id) SELECT generate_series(500, 502); INSERT INTO app.flow_files (id, run_id, file_index) SELECT i, i, 0 FROM generate_series(500, 502) i
from sessions import LEVELS, meet

for i, level in enumerate(LEVELS):
    end = f"UPDATE app.flow_files SET status = 'completed' WHERE id = {500 + i}"
    meet(level, end, f"INSERT INTO app.flow_files (id, run_id, file_index) VALUES ({600 + i}, {500 + i}, 1)")
