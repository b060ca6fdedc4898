"""Load over time: workers that end, retry and try to rewrite runs, backends that are killed, one server crash.

Nothing here asserts a time.  When the load is over, everything is counted: each run has at most one live retry,
the ledger has each decision once, nothing that a worker was told is missing, no ended run differs from what it
was when it ended.  LONG=1 runs for ten minutes instead of twenty seconds.
"""
import multiprocessing
import os
import random
import signal
import time

import psycopg

import tap
from tap import diag, equal, ok

SECONDS = 600 if os.environ.get('LONG') else 20
WORKERS = 8
TABLE = 'soak_runs'


def connect(**options):
    """A connection, also while the server restarts after a crash."""
    for _ in range(300):
        try:
            return psycopg.connect('', autocommit=True, **options)
        except psycopg.OperationalError:
            time.sleep(0.1)
    raise RuntimeError('the server did not come back')


def make_table():
    with connect() as db:
        db.execute(f"""CREATE TABLE {TABLE} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tenant_id int,
          status text NOT NULL CHECK (status IN ('queued', 'running', 'completed', 'failed')), error text, n int)""")
        db.execute(f"SELECT govern_runs('{TABLE}')")


def new_ended_run(db, rng):
    run = db.execute(f"INSERT INTO {TABLE} (tenant_id, status) VALUES (%s, 'queued') RETURNING id",
                     (rng.randrange(10),)).fetchone()[0]
    db.execute(f"UPDATE {TABLE} SET status = 'running', n = 1 WHERE id = %s", (run,))
    status = rng.choice(['failed', 'failed', 'failed', 'completed'])
    db.execute(f"UPDATE {TABLE} SET status = %s, error = 'x' WHERE id = %s", (status, run))
    return ('ended', run, status)


def some_failed_run(db):
    row = db.execute(f"""SELECT id FROM {TABLE} WHERE status = 'failed' AND id >=
      (SELECT (random() * max(id))::bigint FROM {TABLE}) ORDER BY id LIMIT 1""").fetchone()
    return row[0] if row else None


def retry_by_function(db, rng):
    run = some_failed_run(db)
    if run is None:
        return None
    row = db.execute(f"SELECT retry_run_id FROM retry_run(%s, run_table => '{TABLE}')", (run,)).fetchone()
    return ('retried', run, int(row[0]))


def retry_by_hand(db, rng):
    run = some_failed_run(db)
    if run is None:
        return None
    row = db.execute(f"""INSERT INTO {TABLE} (tenant_id, status, parent_run_id)
      SELECT tenant_id, 'queued', id FROM {TABLE} WHERE id = %s RETURNING id""", (run,)).fetchone()
    return ('retried', run, row[0])


def retry_and_roll_back(db, rng):
    run = some_failed_run(db)
    with db.transaction(force_rollback=True):
        db.execute(f"SELECT retry_run(%s, run_table => '{TABLE}')", (run,))
    return None


def end_a_retry(db, rng):
    row = db.execute(f"""UPDATE {TABLE} SET status = 'failed' WHERE id IN (SELECT id FROM {TABLE}
      WHERE status = 'queued' AND is_retry LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id""").fetchone()
    return ('ended', row[0], 'failed') if row else None


def try_to_rewrite(db, rng):
    run = some_failed_run(db)
    statement = rng.choice([f"UPDATE {TABLE} SET status = 'queued' WHERE id = %s",
                            f"UPDATE {TABLE} SET error = 'forged' WHERE id = %s",
                            f"DELETE FROM {TABLE} WHERE id = %s"])
    if run is not None and db.execute(statement, (run,)).rowcount > 0:
        return ('forged', run, statement)
    return None


ACTIONS = [new_ended_run] * 4 + [retry_by_function] * 4 + [retry_by_hand] * 2 + [
    retry_and_roll_back, end_a_retry, end_a_retry, try_to_rewrite]


def worker(number, until, facts):
    """Does what it likes until the end; tells what the server acknowledged, and what it didn't expect."""
    rng = random.Random(number)
    db, acknowledged, refusals, unexpected = None, [], 0, []
    while time.monotonic() < until:
        try:
            if db is None or db.closed:
                db = connect(options='-c synchronous_commit=off')
                db.execute("SET retry_ledger.actor = 'soak'")
            fact = rng.choice(ACTIONS)(db, rng)
            if fact:
                acknowledged.append(fact)
        except (psycopg.OperationalError, psycopg.InterfaceError):
            db = None  # killed: what was under way is unknown
        except psycopg.Error as error:
            if error.sqlstate in ('PT409', 'PT400', '23R01', '40P01'):
                refusals += 1
            else:
                unexpected.append(f'{error.sqlstate}: {error}')
    facts.put((number, acknowledged, refusals, unexpected[:5]))


def kill_now_and_then(until):
    """Terminates a backend each second or so, and once crashes the whole server."""
    rng = random.Random(0)
    crash_at = time.monotonic() + SECONDS / 2
    kills = crashes = 0
    while time.monotonic() < until - 3:
        time.sleep(rng.uniform(0.5, 1.5))
        try:
            with connect() as db:
                pids = [row[0] for row in db.execute(
                    "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
                    " AND datname = current_database()")]
                if not pids:
                    continue
                if not crashes and time.monotonic() > crash_at:
                    os.kill(rng.choice(pids), signal.SIGKILL)
                    crashes += 1
                    time.sleep(1)
                else:
                    db.execute('SELECT pg_terminate_backend(%s)', (rng.choice(pids),))
                    kills += 1
        except (psycopg.OperationalError, ProcessLookupError):
            pass
    return kills, crashes


def count(db, query, *parameters):
    return db.execute(query, parameters).fetchone()[0]


def check(db, acknowledged):
    retries = {(run, child) for what, run, child in acknowledged if what == 'retried'}
    ended = {(run, status) for what, run, status in acknowledged if what == 'ended'}
    stored = set(db.execute(f'SELECT parent_run_id, id FROM {TABLE} WHERE parent_run_id IS NOT NULL').fetchall())
    states = set(db.execute(f'SELECT id, status FROM {TABLE}').fetchall())
    links = {(int(a), int(b)) for a, b in db.execute('SELECT parent_key, retry_key FROM retry').fetchall()}
    told = {(int(a), int(b)) for a, b in db.execute(
        "SELECT run_key, evidence ->> 'retry_run_id' FROM ledger_entry WHERE action = 'retried'").fetchall()}

    equal([fact for fact in acknowledged if fact[0] == 'forged'], [], 'no ended run was rewritten or deleted')
    equal(retries - stored, set(), 'every acknowledged retry is there')
    equal(ended - states, set(), 'every acknowledged end is there')
    equal(len({parent for parent, _ in stored}), len(stored), 'no run has two retries')
    equal(links, stored, 'each retry has its link, each link its retry')
    equal(told, stored, 'each retry is on the ledger, and nothing else is')
    equal(count(db, "SELECT count(*) FROM ledger_entry WHERE action = 'retried'"), len(stored), 'once each')
    equal(count(db, 'SELECT count(*) FROM ledger_entry e WHERE leaf_hash IS DISTINCT FROM ledger_leaf_hash(e)'), 0,
          'every leaf hash is right')
    equal(count(db, f"""SELECT count(*) FROM {TABLE} r WHERE status IN ('completed', 'failed') AND 1 <> (SELECT count(*)
      FROM ledger_entry e WHERE e.run_table = 'public.{TABLE}' AND e.run_key = r.id::text AND e.action = 'ended')"""), 0,
          'each ended run ended once on the ledger')
    equal(count(db, """SELECT count(*) FROM ledger_entry e JOIN ledger_entry r USING (run_table, run_key)
      WHERE e.action = 'ended' AND r.action = 'retried' AND e.content_hash <> r.content_hash"""), 0,
          'a run that was retried is what it was when it ended')
    equal(count(db, f"""SELECT count(*) FROM {TABLE} r JOIN {TABLE} p ON p.id = r.parent_run_id
      WHERE r.attempt <> p.attempt + 1 OR NOT r.is_retry OR r.tenant_id IS DISTINCT FROM p.tenant_id
         OR p.status <> 'failed' OR r.attempt > 4"""), 0, 'lineage and limits hold')
    equal(db.execute("SELECT complete, missing FROM guard_status() WHERE run_table::text LIKE %s",
                     (f'%{TABLE}',)).fetchall(), [(True, [])], 'the guards are complete')


def main():
    make_table()
    facts = multiprocessing.Queue()
    until = time.monotonic() + SECONDS
    workers = [multiprocessing.Process(target=worker, args=(i, until, facts)) for i in range(WORKERS)]
    for process in workers:
        process.start()
    kills, crashes = kill_now_and_then(until)
    results = [facts.get(timeout=SECONDS + 120) for _ in workers]
    for process in workers:
        process.join()

    acknowledged = [fact for _, facts_, _, _ in results for fact in facts_]
    refusals = sum(result[2] for result in results)
    diag(f'{SECONDS} s, {WORKERS} workers: {len(acknowledged)} facts acknowledged, {refusals} refusals, '
         f'{kills} backends terminated, {crashes} server crash')
    ok(len(acknowledged) > 100 and refusals > 0, 'there was load', len(acknowledged))
    ok(kills > 0 and crashes == 1, 'there were kills and a crash', (kills, crashes))
    equal([text for result in results for text in result[3]], [], 'nothing unexpected was raised')
    with connect() as db:
        check(db, acknowledged)


tap.run(main)
