"""Load on the work queue: eight of the example's workers carry out files of workflow runs; now and then one is killed,
and twice the whole server is killed and started again.  What failed is retried for credits, by several clients at once.

Nothing here asserts a time.  When all work is done, everything is counted: each item was settled exactly once or is
recorded as interrupted, each run has ended exactly once, credits add up to the unit, and nothing that anybody was told is
missing.  Work is added for 15 seconds; with LONG=1 for ten minutes, and until there were 50,000 items.
"""
import collections
import os
import random
import threading
import time

import psycopg

import tap
from endpoint import Endpoint
from real_worker import RealWorker, Server, until
from tap import diag, equal, ok

LONG = bool(os.environ.get('LONG'))
SECONDS = 600 if LONG else 15  # of new work, and until there were so many items
ITEMS = 50000 if LONG else 1
WORKERS = 8
RETRIERS = 3
FILES = 25     # of a run
BACKLOG = 600   # items that wait; more aren't added
PRICE = 2
TENANTS = [f'tenant {i}' for i in range(4)] + ['poor']
GRANTS = {tenant: [('monthly', 4000), ('purchased', 10**6)] for tenant in TENANTS[:4]}
GRANTS['poor'] = [('monthly', 30), ('purchased', 31)]
TABLES = f"""
CREATE TABLE workflow_runs (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tenant_id text NOT NULL,
  status text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'running', 'completed', 'failed', 'completed_with_errors')),
  error text, completed_files int, failed_files int);
CREATE TABLE run_files (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, run_id bigint NOT NULL REFERENCES workflow_runs,
  file_index int NOT NULL, prompt text, status text NOT NULL DEFAULT 'pending'
    CHECK (status IN ('pending', 'running', 'completed', 'failed', 'timeout', 'error')),
  provider_id text, output_data jsonb, original_error text, started_at timestamptz, completed_at timestamptz);
CREATE INDEX ON run_files (run_id);
SELECT govern_runs('workflow_runs');
SELECT govern_files('run_files', 'workflow_runs', error_column => 'original_error', input_columns => '{{prompt}}',
  outcome_columns => '{{provider_id,output_data,started_at,completed_at}}',
  completed_column => 'completed_files', failed_column => 'failed_files');
SELECT set_retry_policy('workflow_runs', retryable_statuses => '{{failed,completed_with_errors}}', max_attempts => 3, price => {PRICE});
SELECT set_work_queue('run_files', 'files', dispatch => 'all', mode => 'file', lease => '5 seconds',
  payload => '{{"prompt": {{"$column": "prompt"}}, "failed_providers": {{"$lineage": "provider_id"}}, "timeout_s": 20}}');
"""
PROMPTS = ['flaky=15'] * 8 + ['flaky=60', 'delay=0.05', 'status=400', 'status=503', 'status=429 retry_after=0']


def connect():
    """A connection, also while the server starts again."""
    for _ in range(600):
        try:
            return psycopg.connect(autocommit=True)
        except psycopg.OperationalError:
            time.sleep(0.1)
    raise RuntimeError('the server did not come back')


class Client(threading.Thread):
    """Does one thing again and again until it is told to stop; counts what the server acknowledged."""

    def __init__(self, step, *arguments):
        super().__init__(daemon=True)
        self.step, self.arguments = step, arguments
        self.random = random.Random(str(arguments))
        self.stopping = threading.Event()
        self.acknowledged, self.refused, self.unexpected = [], {}, []
        self.start()

    def run(self):
        db = None
        while not self.stopping.is_set():
            try:
                db = db or connect()
                fact = self.step(self, db, *self.arguments)
                if fact is None:
                    self.stopping.wait(0.1)
                else:
                    self.acknowledged.append(fact)
            except psycopg.OperationalError:
                db = None  # the server was killed: what was under way is unknown
            except psycopg.Error as error:
                token = (error.diag.message_primary or str(error)).split(':')[0]
                self.refused[token] = self.refused.get(token, 0) + 1
                if not (error.sqlstate or '').startswith('PT4'):
                    self.unexpected.append(f'{error.sqlstate}: {error}')
                self.stopping.wait(0.05)

    def end(self):
        self.stopping.set()
        self.join(120)
        return not self.is_alive()


def count(db, query, *parameters):
    return db.execute(query, parameters).fetchone()[0]


def add_run(client, db):
    """A run with its files, in one transaction."""
    if count(db, "SELECT count(*) FROM work_item WHERE state IN ('queued', 'scheduled')") > BACKLOG:
        return None
    with db.transaction():
        run = count(db, 'INSERT INTO workflow_runs (tenant_id) VALUES (%s) RETURNING id', client.random.choice(TENANTS))
        db.execute("""INSERT INTO run_files (run_id, file_index, prompt)
            SELECT %s, n - 1, p FROM unnest(%s::text[]) WITH ORDINALITY u (p, n)""",
                   [run, [client.random.choice(PROMPTS) for _ in range(FILES)]])
    return run


def retry_some(client, db, number):
    """Of the newest runs that have failed files; several clients choose the same."""
    row = db.execute("""SELECT r.id FROM (SELECT * FROM workflow_runs ORDER BY id DESC LIMIT 400) r
        WHERE status IN ('failed', 'completed_with_errors') AND attempt <= 3
          AND NOT EXISTS (SELECT FROM workflow_runs n WHERE n.parent_run_id = r.id)
        ORDER BY tenant_id = 'poor', id LIMIT 1 OFFSET %s""", [client.random.randrange(4)]).fetchone()
    if row is None:
        return None
    answer = db.execute("""SELECT retry_run_id::bigint, (detail ->> 'failed_files')::int,
        coalesce((detail ->> 'credits')::int, 0) FROM retry_failed_files(%s::bigint, 'soak', run_table => 'workflow_runs')""",
                        row).fetchone()
    return row + answer


class Fleet:
    """Workers of which some die."""

    def __init__(self, url):
        self.url, self.random, self.started, self.killed, self.stopped = url, random.Random(1), [], 0, 0
        self.alive = [self.new() for _ in range(WORKERS)]

    def new(self):
        self.started.append(RealWorker(f'worker {len(self.started)}', 'files', self.url, '--slots', '6', '--poll', '0.3',
                                       '--grace', '20'))
        return self.started[-1]

    def replace_one(self):
        worker = self.alive.pop(self.random.randrange(WORKERS))
        if self.random.random() < 0.75:
            worker.kill()
            self.killed += 1
        else:
            worker.process.terminate()
            self.stopped += 1
        self.alive.append(self.new())

    def stop(self):
        for worker in self.started:
            if worker.process.poll() is None:
                worker.terminate()
        return [worker.end() for worker in self.alive]

    def kill(self):
        for worker in self.started:
            if worker.process.poll() is None:
                worker.kill()


def load(fleet, server):
    """Until there are enough items; in the meantime workers die all the time, and the server twice."""
    clients = [Client(add_run)] + [Client(retry_some, i) for i in range(RETRIERS)]
    started, crashes = time.monotonic(), 0
    while True:
        time.sleep(fleet.random.uniform(0.5, 1.5) * (5 if LONG else 1))
        with connect() as db:
            done = min(count(db, 'SELECT count(*) FROM work_item') / ITEMS, (time.monotonic() - started) / SECONDS)
        if crashes < 2 and done > (crashes + 1) / 3:
            server.kill9()
            crashes += 1
        elif done >= 1:
            break
        else:
            fleet.replace_one()
    ok(all(client.end() for client in clients), 'all clients end')
    return clients, crashes


def until_done():
    def nothing_left():
        with connect() as db:
            return count(db, "SELECT count(*) FROM work_item WHERE state IN ('queued', 'scheduled', 'leased')") == 0
    until(nothing_left, 'all work is done')


# ---- counting -----------------------------------------------------------------------------------------------

def check_items(db):
    equal(count(db, """SELECT count(*) FROM work_item i FULL JOIN run_files f ON i.row_key = f.id::text
        WHERE i.row_key IS NULL OR f.id IS NULL OR i.state <> 'done' OR i.final_status IS DISTINCT FROM f.status
           OR i.fence <> 1 OR i.deliveries <> 1
           OR i.job_id <> f.run_id || ':file:' || f.file_index OR f.status NOT IN ('completed', 'failed', 'timeout', 'error')"""),
          0, 'each file was one item, handed out once, and ended as its item did')
    equal(count(db, """SELECT count(*) FROM run_files f WHERE 1 <> (SELECT count(*) FROM ledger_entry e
        WHERE e.run_table = 'public.run_files' AND e.run_key = f.id::text AND e.action = 'ended' AND e.reason_code = f.status)"""),
          0, 'each file ended once on the ledger')
    equal(count(db, "SELECT count(*) FROM ledger_entry WHERE run_table = 'public.run_files' AND action = 'ended'"),
          count(db, 'SELECT count(*) FROM run_files'), 'and nothing else ended')
    equal(count(db, """SELECT count(*) FROM (SELECT run_key FROM ledger_entry WHERE run_table = 'public.run_files'
          AND action = 'lease_lost') e FULL JOIN (SELECT id, classify_failure(original_error) AS class, original_error FROM run_files
            WHERE original_error LIKE 'retry_ledger: lease lost: %%' AND original_error NOT LIKE '%% gave it up') f ON f.id::text = e.run_key
        WHERE e.run_key IS NULL OR f.id IS NULL OR f.class IS DISTINCT FROM 'interrupted'"""),
          0, 'what was interrupted is recorded as that, and nothing else is')
    equal(count(db, """SELECT count(*) FROM (SELECT run_key FROM ledger_entry WHERE action IN ('lease_lost', 'ended')
        AND run_table = 'public.run_files' GROUP BY run_key, action HAVING count(*) > 1) e"""), 0, 'once each')


def check_runs(db):
    equal(count(db, """SELECT count(*) FROM workflow_runs r LEFT JOIN LATERAL (SELECT count(*) AS files,
            count(*) FILTER (WHERE status = 'completed') AS completed FROM run_files f WHERE f.run_id = r.id) f ON true
        WHERE r.status <> CASE WHEN f.completed = f.files THEN 'completed' ELSE 'completed_with_errors' END
           OR r.completed_files <> f.completed OR r.failed_files <> f.files - f.completed OR f.files = 0"""), 0,
          'each run has ended as its files say')
    equal(count(db, """SELECT count(*) FROM workflow_runs r WHERE 1 <> (SELECT count(*) FROM ledger_entry e
        WHERE e.run_table = 'public.workflow_runs' AND e.run_key = r.id::text AND e.action = 'ended')"""), 0, 'once')
    equal(count(db, """SELECT count(*) FROM run_files n JOIN run_files f ON f.id = n.parent_file_id
        JOIN workflow_runs r ON r.id = n.run_id
        WHERE f.status <> 'failed' OR n.attempt <> f.attempt + 1 OR r.parent_run_id <> f.run_id OR n.prompt <> f.prompt"""), 0,
          'each new attempt is of a file that failed in the run before')
    equal(count(db, """SELECT count(*) FROM workflow_runs n WHERE parent_run_id IS NOT NULL AND (SELECT count(*) FROM run_files
        WHERE run_id = n.id) <> (SELECT count(*) FROM run_files WHERE run_id = n.parent_run_id AND status = 'failed')"""), 0,
          'a retry took up all of them')
    equal(count(db, """SELECT count(*) FROM (SELECT FROM workflow_runs WHERE parent_run_id IS NOT NULL
        GROUP BY parent_run_id HAVING count(*) > 1) d"""), 0, 'no run was retried twice')


def check_credits(db):
    equal(db.execute('SELECT problem FROM verify_credits()').fetchall(), [], 'verify_credits finds nothing')
    for tenant in TENANTS:
        charged = count(db, """
            SELECT coalesce(sum(CASE kind WHEN 'charge' THEN amount WHEN 'refund' THEN -amount ELSE 0 END), 0)::bigint
            FROM retry_ledger.credit_entry WHERE tenant = %s""", tenant)
        equal(count(db, 'SELECT total FROM credit_balance WHERE tenant = %s', tenant),
              sum(amount for _, amount in GRANTS[tenant]) - charged, f'{tenant}: granted, less charged, is the balance')
        equal(charged, PRICE * count(db, """SELECT count(*) FROM run_files f JOIN workflow_runs r ON r.id = f.run_id
            WHERE f.is_retry AND r.tenant_id = %s""", tenant), f'{tenant}: each file that was retried was charged once')
    ok(count(db, "SELECT total FROM credit_balance WHERE tenant = 'poor'") >= 0, 'nobody owes anything')


def check_told(db, clients, workers):
    """What a client or a worker was told is there."""
    runs, retries = set(clients[0].acknowledged), {fact for client in clients[1:] for fact in client.acknowledged}
    stored = {row[0] for row in db.execute('SELECT id FROM workflow_runs').fetchall()}
    equal(runs - stored, set(), 'every run that was acknowledged is there')
    charged = {(int(a), int(b)): c for a, b, c in db.execute("""SELECT l.parent_key, l.retry_key, coalesce(c.credits, 0)
        FROM retry_ledger.retry l LEFT JOIN run_credits c ON c.run_id = l.retry_key AND c.run_table = l.run_table
        WHERE l.run_table = 'public.workflow_runs'""").fetchall()}
    equal([fact for fact in retries if charged.get(fact[:2]) != fact[3]], [], 'and every retry, at the price that was told')
    states = dict(db.execute('SELECT job_id, final_status FROM work_item').fetchall())
    told = [event for worker in workers for event in worker.events('finished')]
    equal([event for event in told if states.get(event['job']) != event['status']], [], 'and every report of a worker')
    equal(len({event['job'] for event in told}), len(told), 'none of which was on the same work')
    executed = {row[0] for row in db.execute("SELECT job_id FROM work_item WHERE final_status = 'completed'").fetchall()}
    claimed = {event['job'] for worker in workers for event in worker.events('claimed')}
    equal(executed - claimed, set(), 'nothing is completed that no worker has had')


def main():
    endpoint, server = Endpoint(), Server()
    with connect() as db:
        db.execute(TABLES)
        for tenant in TENANTS:
            for kind, amount in GRANTS[tenant]:
                db.execute("SELECT grant_credits(%s, %s, %s, expires_at => now() + interval '1 day')", [tenant, amount, kind])
    fleet = Fleet(endpoint.url)
    try:
        clients, crashes = load(fleet, server)
        until_done()
        equal(fleet.stop(), [0] * WORKERS, 'the workers that are left stop when they are told to')
    finally:
        fleet.kill()
    refused = collections.Counter()
    for client in clients:
        refused.update(client.refused)
    with connect() as db:
        states = db.execute("""SELECT CASE WHEN original_error LIKE 'retry_ledger: lease lost: %' THEN 'interrupted' ELSE status END, count(*)
            FROM run_files GROUP BY 1 ORDER BY 2 DESC""").fetchall()
        diag(f'{sum(n for _, n in states)} items ({dict(states)}) of {count(db, "SELECT count(*) FROM workflow_runs")} runs, '
             f'{fleet.killed} workers killed, {fleet.stopped} stopped, the server killed {crashes} times, refusals {dict(refused)}')
        ok(crashes == 2 and fleet.killed > 0, 'workers and server were killed', (crashes, fleet.killed))
        ok(dict(states).get('completed', 0) * 4 > sum(n for _, n in states), 'work was carried out', states)
        ok(any(client.acknowledged for client in clients[1:]), 'there were retries')
        equal([text for client in clients for text in client.unexpected], [], 'nothing unexpected was raised')
        check_items(db)
        check_runs(db)
        check_credits(db)
        check_told(db, clients, fleet.started)


tap.run(main)
