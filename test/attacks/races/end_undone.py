# role: app
# tries: to leave a run without an end: it is ended by its files within a savepoint, for another session too that has ended the last one and left the end to us, and the savepoint is rolled back
# none: bites
# guarded: held
# locked: held
# errors: 40001
# setup: INSERT INTO app.flows (id) VALUES (108), (116), (200); INSERT INTO app.flow_files (id, run_id, file_index) VALUES (501, 108, 0), (502, 108, 1), (511, 116, 0), (512, 116, 1), (521, 200, 0), (522, 200, 1)
from sessions import Session


def undo(mine, theirs, waits):
    """`waits`: what gives the lock of the run's files back, and takes it again."""
    watcher, worker, other = Session(quiet=True), Session(), Session()
    worker.ask('BEGIN')
    worker.ask(f"UPDATE app.flow_files SET status = 'completed' WHERE id = {mine}")
    other.send(f"UPDATE app.flow_files SET status = 'completed' WHERE id = {theirs}")
    other.wait_until_blocked(watcher)
    worker.ask('SAVEPOINT s')
    worker.ask(waits)
    worker.ask('ROLLBACK TO s')
    worker.ask('COMMIT')
    other.wait()
    for session in (watcher, worker, other):
        session.close()


# The locks of 108 and 116 have one number.
undo(501, 502, "UPDATE app.flows SET status = 'failed' WHERE id = 116")
undo(521, 522, "UPDATE app.flows SET status = 'failed' WHERE id = 200")
