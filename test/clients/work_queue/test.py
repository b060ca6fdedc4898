"""Sixteen workers carry out 2,000 pieces of work, singly and in batches.  Some vanish with what they have claimed, some
are killed amid a transaction, some report after they were given up: each piece of work is finished exactly once, and
each lease that was lost is on the ledger."""
import json
import random
import threading
import time

import psycopg

import tap

WORKERS = 16
ITEMS = 2000
INTERRUPTIBLE = 200
DEADLINE = 300  # seconds, after which something hangs
TABLES = """
CREATE TABLE tasks (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tenant_id text, body text, status text NOT NULL DEFAULT 'queued'
    CHECK (status IN ('queued', 'running', 'completed', 'failed')), error text, result text, finished_at timestamptz);
SELECT * FROM govern_runs('tasks');
SELECT set_work_queue('tasks', 'tasks', dispatch => 'all', lease => '2 seconds', max_deliveries => 100);
"""


def connect():
    return psycopg.connect(autocommit=True)


def one(connection, sql, *parameters):
    return connection.execute(sql, parameters).fetchone()[0]


class Worker(threading.Thread):
    """Works until everything has ended.  Keeps which runs it was told it has finished."""

    def __init__(self, number):
        super().__init__()
        self.name = f'worker {number}'
        self.random = random.Random(number)
        self.batch = 1 if number % 2 else 20
        self.finished, self.stale, self.vanished, self.errors = [], 0, 0, []

    def run(self):
        started = time.monotonic()
        connection = connect()
        try:
            while time.monotonic() - started < DEADLINE:
                items = self.claim(connection)
                if not items and one(connection, "SELECT count(*) FROM tasks WHERE status IN ('queued', 'running')") == 0:
                    break
                if not items:
                    time.sleep(0.05)
                elif self.random.random() < 0.03:
                    connection = self.vanish(connection, items)
                else:
                    self.work(connection, items)
        except Exception as error:  # told by the main thread
            self.errors.append(f'{self.name}: {error}')
        connection.close()

    def claim(self, connection):
        return connection.execute('SELECT job_id, fence, payload FROM claim_work(%s, %s, %s)',
                                  ['tasks', self.name, self.batch]).fetchall()

    def vanish(self, connection, items):
        """Gone with the work, or killed amid its report: nothing of it may remain."""
        self.vanished += 1
        if self.random.random() < 0.5:
            connection.execute('BEGIN')
            self.report(connection, items[:1])
            with connect() as other:
                other.execute('SELECT pg_terminate_backend(%s)', [connection.info.backend_pid])
        connection.close()
        return connect()

    def work(self, connection, items):
        if self.random.random() < 0.01:
            time.sleep(3)  # longer than the lease
        for job, done in self.report(connection, items):
            if done:
                self.finished.append(job)
            else:
                self.stale += 1

    def report(self, connection, items):
        if len(items) > 1:
            results = [{'job_id': job, 'fence': fence, 'status': 'completed',
                        'outcome': {'result': payload['body'] + ' done'}} for job, fence, payload in items]
            answers = connection.execute('SELECT job_id, result FROM finish_work_batch(%s)',
                                         [json.dumps(results)]).fetchall()
            unexpected = {result for _, result in answers} - {'finished', 'STALE_LEASE'}
            if unexpected:
                self.errors.append(f'{self.name}: {unexpected}')
            return [(job, result == 'finished') for job, result in answers]
        job, fence, payload = items[0]
        try:
            connection.execute('SELECT finish_work(%s, %s, %s, %s)',
                               [job, fence, 'completed', json.dumps({'result': payload['body'] + ' done'})])
            return [(job, True)]
        except psycopg.Error as error:
            if error.sqlstate != 'PT409':
                raise
            return [(job, False)]


def carry_out(count):
    with connect() as connection:
        connection.execute("INSERT INTO tasks (tenant_id, body) SELECT 't' || n %% 3, 'task ' || n"
                           " FROM generate_series(1, %s) n", [count])
    workers = [Worker(number) for number in range(WORKERS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    tap.equal([error for worker in workers for error in worker.errors], [], 'no worker met an error')
    return workers


def redelivered(connection):
    workers = carry_out(ITEMS)
    finished = [job for worker in workers for job in worker.finished]
    tap.diag(f'{sum(w.vanished for w in workers)} vanished, {sum(w.stale for w in workers)} reports were stale')
    tap.ok(sum(w.vanished for w in workers) > 0, 'some workers vanished')
    tap.equal(len(finished), len(set(finished)), 'no two workers were told that they finished the same work')
    tap.equal(one(connection, "SELECT count(*) FROM tasks WHERE status = 'completed' AND result = body || ' done'"), ITEMS,
              'every task is completed, with its result')
    tap.equal(one(connection, "SELECT count(*) - count(DISTINCT run_key) FROM ledger_entry WHERE action = 'ended'"), 0,
              'none of them ended twice')
    tap.equal(one(connection, "SELECT count(*) FROM ledger_entry WHERE action = 'ended'"), ITEMS, 'each of them ended once')
    tap.equal(one(connection, "SELECT count(*) FROM work_item WHERE state <> 'done'"), 0, 'all work is done')
    tap.equal(one(connection, "SELECT count(*) FROM ledger_entry WHERE action = 'redelivered'"),
              one(connection, 'SELECT sum(deliveries) - count(*) FROM work_item'), 'each redelivery is on the ledger')
    tap.equal(one(connection, 'SELECT count(*) FROM work_item WHERE fence <> deliveries'), 0, 'each delivery had a fence')
    # A worker that was killed amid its commit may have finished without being told.
    untold = ITEMS - len(finished)
    tap.ok(0 <= untold <= sum(w.vanished for w in workers), 'finished work was told to its worker', untold)


def interrupted(connection):
    connection.execute("SELECT set_work_queue('tasks', max_deliveries => 1)")
    before = one(connection, 'SELECT max(id) FROM tasks')
    carry_out(INTERRUPTIBLE)
    lost = one(connection, "SELECT count(*) FROM tasks WHERE id > %s AND status = 'failed' AND error LIKE"
                           " 'retry_ledger: lease lost: %%' AND classify_failure(error) = 'interrupted'", before)
    tap.equal(lost + one(connection, "SELECT count(*) FROM tasks WHERE id > %s AND status = 'completed'", before),
              INTERRUPTIBLE, 'every task was completed, or was interrupted and says so')
    tap.equal(one(connection, "SELECT count(*) FROM ledger_entry WHERE action = 'lease_lost'"), lost,
              'each lost lease is on the ledger')
    tap.equal(one(connection, 'SELECT count(*) FROM ledger_entry e WHERE leaf_hash <> ledger_leaf_hash(e)'), 0,
              'every entry of the ledger has its right hash')


def main():
    with connect() as connection:
        connection.execute(TABLES)
        redelivered(connection)
        interrupted(connection)
        depth = connection.execute('SELECT queued, in_flight FROM work_queue_depth').fetchall()
        tap.equal(depth, [(0, 0)], 'nothing is left in the queue')


tap.run(main)
