"""Sixteen workers end the files of several runs at once, singly and in batches, on the table and on its partitions,
some of them rolling back, within savepoints, and while others are still being born: every run ends exactly once, with
its last file, and all counts are right."""
import random
import threading

import psycopg

import tap

WORKERS, RUNS, FILES = 16, 8, 250
TABLES = """
CREATE TABLE wf_runs (id bigint PRIMARY KEY, status text NOT NULL DEFAULT 'queued'
  CHECK (status IN ('queued', 'running', 'completed', 'completed_with_errors', 'failed')),
  completed_files int, failed_files int);
CREATE TABLE wf_files (id bigint GENERATED ALWAYS AS IDENTITY, run_id bigint NOT NULL REFERENCES wf_runs,
  file_index int NOT NULL, status text NOT NULL DEFAULT 'pending'
  CHECK (status IN ('pending', 'running', 'completed', 'failed', 'error')),
  PRIMARY KEY (id, run_id), UNIQUE (run_id, file_index)) PARTITION BY HASH (run_id);
CREATE TABLE wf_files_0 PARTITION OF wf_files FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE wf_files_1 PARTITION OF wf_files FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE INDEX ON wf_files (id);
SELECT count(*) FROM govern_runs('wf_runs');
SELECT count(*) FROM govern_files('wf_files', 'wf_runs', id_column => 'id');
"""


def one(connection, sql, *parameters):
    return connection.execute(sql, parameters).fetchone()[0]


def outcome(rng):
    return rng.choices(['completed', 'failed', 'error'], [8, 3, 1])[0]


class Work:
    """Files to be ended, and the partition that each is in."""

    def __init__(self, files):
        self.files, self.lock, self.errors = list(files), threading.Lock(), []
        random.Random(1).shuffle(self.files)

    def take(self, count):
        with self.lock:
            taken, self.files = self.files[:count], self.files[count:]
            return taken

    def give_back(self, files):
        with self.lock:
            self.files += files


def end(connection, rng, files):
    """Ends files of any runs, by one statement for each table."""
    for table in {table for _, table in files}:
        ids = [file for file, its in files if its == table]
        name = table if rng.random() < 0.5 else 'wf_files'
        connection.execute(f'UPDATE {name} SET status = %s WHERE id = ANY (%s)', [outcome(rng), ids])


def end_in_savepoint(connection, rng, files):
    """Tries, rolls back to a savepoint and ends them after all."""
    try:
        with connection.transaction():
            end(connection, rng, files)
            if rng.random() < 0.5:
                raise psycopg.Rollback
    except psycopg.Error:
        raise
    connection.execute("UPDATE wf_files SET status = %s WHERE id = ANY (%s) AND status = 'pending'",
                       [outcome(rng), [file for file, _ in files]])


def one_transaction(connection, rng, files):
    """False if it was rolled back: by itself, or by a deadlock between batches in different orders."""
    try:
        with connection.transaction():
            if rng.random() < 0.2:
                end_in_savepoint(connection, rng, files)
            else:
                end(connection, rng, files)
            if rng.random() < 0.1:
                raise psycopg.Rollback
    except (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure):
        return False
    ids = [file for file, _ in files]
    return one(connection, "SELECT count(*) FROM wf_files WHERE id = ANY (%s) AND status = 'pending'", ids) == 0


def worker(work, seed, level):
    rng = random.Random(seed)
    connection = psycopg.connect(autocommit=True)
    connection.execute(f"SET default_transaction_isolation = '{level}'")
    try:
        while files := work.take(rng.choice([1, 1, 1, 5, 20])):
            if not one_transaction(connection, rng, files):
                work.give_back(files)
    except Exception as error:  # told by the caller
        work.errors.append(f'{type(error).__name__}: {error}')


def end_all(connection, level, name):
    work = Work(connection.execute(
        "SELECT id, tableoid::regclass::text FROM wf_files WHERE status = 'pending' ORDER BY id").fetchall())
    threads = [threading.Thread(target=worker, args=(work, seed, level)) for seed in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tap.equal(work.errors, [], f'{name}: no worker fails')


def check(connection, name):
    """From the tables alone."""
    tap.equal(one(connection, "SELECT count(*) FROM wf_files WHERE status IN ('pending', 'running')"), 0,
              f'{name}: all files have ended')
    tap.equal(connection.execute(
        """SELECT r.id, r.status, r.completed_files, r.failed_files FROM wf_runs r JOIN (
             SELECT run_id, count(*) FILTER (WHERE status = 'completed') AS completed,
               count(*) FILTER (WHERE status <> 'completed') AS failed FROM wf_files GROUP BY 1) f ON f.run_id = r.id
           WHERE (r.status, r.completed_files, r.failed_files) IS DISTINCT FROM (
             CASE WHEN f.failed = 0 THEN 'completed' ELSE 'completed_with_errors' END, f.completed, f.failed)"""
    ).fetchall(), [], f'{name}: every run has ended as its files say, and counts them')
    tap.equal(connection.execute(
        """SELECT r.id, count(e.entry_id) FROM wf_runs r LEFT JOIN retry_ledger.ledger_entry e
             ON e.run_table = 'public.wf_runs' AND e.run_key = r.id::text AND e.action = 'ended'
           GROUP BY 1 HAVING count(e.entry_id) <> 1""").fetchall(), [], f'{name}: exactly once')
    tap.equal(one(connection, """SELECT count(*) FROM (
             SELECT run_id::text, count(*), count(*) FILTER (WHERE status = 'completed'),
               count(*) FILTER (WHERE status = 'failed'), count(*) FILTER (WHERE status = 'error')
             FROM wf_files GROUP BY 1
             EXCEPT SELECT run_key, sum(files), sum(completed), sum(failed), sum(error)
             FROM retry_ledger.file_count WHERE run_table = 'public.wf_runs' GROUP BY 1) x"""), 0,
              f'{name}: the counts are those of the table')
    tap.equal(connection.execute(
        """SELECT * FROM (SELECT run_id::bigint, total::bigint, completed::bigint, failed::bigint, pending::bigint,
                          error::bigint FROM workflow_progress WHERE run_table = 'public.wf_runs') p
           EXCEPT SELECT first, count(*), count(*) FILTER (WHERE status = 'completed'),
               count(*) FILTER (WHERE status = 'failed'), 0, count(*) FILTER (WHERE status = 'error')
           FROM (SELECT DISTINCT ON (run_id % 1000, file_index) run_id % 1000 AS first, status FROM wf_files
                 ORDER BY run_id % 1000, file_index, attempt DESC) latest GROUP BY 1""").fetchall(), [],
        f'{name}: workflow_progress has each file once, by its latest attempt')


def born_at_once(connection, name):
    """Files are inserted, some of them in vain, while others of their runs end."""
    runs = [(700 + i,) for i in range(4)]
    with connection.cursor() as cursor:
        cursor.executemany('INSERT INTO wf_runs (id) VALUES (%s)', runs)
        cursor.executemany('INSERT INTO wf_files (run_id, file_index) VALUES (%s, 0)', runs)

    def loader(seed):
        rng, own = random.Random(seed), psycopg.connect(autocommit=True)
        for i in range(1, 60):
            try:
                with own.transaction():
                    own.execute('INSERT INTO wf_files (run_id, file_index) VALUES (%s, %s)',
                                [700 + rng.randrange(4), seed * 1000 + i])
                    if rng.random() < 0.5:
                        raise psycopg.Rollback
            except psycopg.errors.IntegrityError:
                pass  # its run has ended
        own.close()

    def ender(seed):
        own = psycopg.connect(autocommit=True)
        for _ in range(60):
            own.execute("""UPDATE wf_files SET status = 'completed' WHERE id = (SELECT id FROM wf_files
                WHERE status = 'pending' AND run_id >= 700 AND run_id < 800 ORDER BY random() LIMIT 1
                FOR UPDATE SKIP LOCKED) AND run_id >= 700 AND run_id < 800""")
        own.close()

    threads = [threading.Thread(target=target, args=(seed,)) for seed in range(8) for target in (loader, ender)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    end_all(connection, 'read committed', name)
    check(connection, name)


def main():
    connection = psycopg.connect(autocommit=True)
    connection.execute(TABLES)
    connection.execute(f"""INSERT INTO wf_runs (id) SELECT i FROM generate_series(1, {RUNS}) i;
        INSERT INTO wf_files (run_id, file_index) SELECT r, i FROM generate_series(1, {RUNS}) r,
          generate_series(1, {FILES}) i""")
    name = f'{WORKERS} workers, {RUNS * FILES} files'
    end_all(connection, 'read committed', name)
    check(connection, name)
    for attempt, level in ((2, 'repeatable read'), (3, 'serializable')):
        retried = connection.execute(
            """SELECT retry_failed_files(id, run_table => 'wf_runs', new_run_id => (id + 1000)::text)
               FROM wf_runs WHERE attempt = %s AND status = 'completed_with_errors'
                 AND EXISTS (SELECT FROM wf_files WHERE run_id = wf_runs.id AND status = 'failed')""",
            [attempt - 1]).fetchall()
        tap.ok(retried, f'attempt {attempt}: failed files are retried')
        end_all(connection, level, f'attempt {attempt}, {level}')
        check(connection, f'attempt {attempt}, {level}')
    born_at_once(connection, 'births at the same time')


tap.run(main)
