"""Eight clients call rerun_failed_jobs on the same target at once, and some retry_run between them: each eligible
job is rerun exactly once, and every other decision is recorded with its reason."""
import json
import threading

import psycopg

import tap

CLIENTS = 8
TABLES = """
CREATE TABLE ci_jobs (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, pr_number int NOT NULL, workflow_run_id bigint NOT NULL,
  job_name text NOT NULL, conclusion text NOT NULL DEFAULT 'queued', error text,
  created_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX ON ci_jobs (workflow_run_id);
SELECT * FROM govern_runs('ci_jobs', status_column => 'conclusion', statuses =>
  '{"initial": ["queued"], "active": ["in_progress"], "ended": ["success", "failure", "cancelled"]}');
SELECT set_retry_policy('ci_jobs', retryable_statuses => '{failure}');
SELECT allow_target('ci_jobs', '{"pr_number": 7}');
"""
# Of each ten jobs four are eligible, two aren't, three have nothing to do and one still runs.
JOBS = """
INSERT INTO ci_jobs (pr_number, workflow_run_id, job_name)
  SELECT 7, %(run)s, 'job ' || n FROM generate_series(1, %(jobs)s) n;
UPDATE ci_jobs SET
  conclusion = (ARRAY['failure', 'failure', 'failure', 'failure', 'failure', 'failure', 'success', 'success', 'cancelled',
                      'in_progress'])[1 + id %% 10],
  error = (ARRAY['Error: read ECONNRESET', 'flaky test: login works', '503 Service Unavailable',
                 'Error: connect ETIMEDOUT', 'assertion failed: 1 = 2', NULL, NULL, NULL, NULL, NULL])[1 + id %% 10]
  WHERE workflow_run_id = %(run)s AND conclusion = 'queued';
"""


def connect(level=None):
    connection = psycopg.connect(autocommit=True)
    if level:
        connection.execute(f"SET default_transaction_isolation = '{level}'")
    return connection


def at_once(works):
    """Runs each in a thread of its own, started together; what it returned, or its error."""
    results = [None] * len(works)
    start = threading.Barrier(len(works))

    def run(index, work):
        try:
            start.wait()
            results[index] = work()
        except Exception as error:  # told by the caller
            results[index] = error

    threads = [threading.Thread(target=run, args=item) for item in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def rerun(connection, target, **options):
    arguments = ''.join(f', {name} => %s' for name in options)
    return connection.execute(f'SELECT rerun_failed_jobs(%s{arguments})',
                              [json.dumps(target), *options.values()]).fetchone()[0]


def retry_each(connection, ids):
    """Retries the runs one by one; how many of them it was the first to retry, and what else it was told."""
    first, told = 0, []
    for run in ids:
        try:
            connection.execute("SELECT retry_run(%s::bigint, run_table => 'ci_jobs')", [run])
            first += 1
        except psycopg.Error as error:
            told.append((error.sqlstate, error.diag.message_primary.split(':')[0]))
    return first, told


def one(connection, sql, *parameters):
    return connection.execute(sql, parameters).fetchone()[0]


def eligible_jobs(connection, run):
    return [row[0] for row in connection.execute(
        "SELECT id FROM ci_jobs WHERE workflow_run_id = %s AND NOT is_retry AND id %% 10 < 4 ORDER BY id", [run])]


def check_what_stands(connection, run, answers, name):
    """From the tables alone: one retry of each eligible job and of no other; each decision on the ledger."""
    eligible = eligible_jobs(connection, run)
    tap.equal([row[0] for row in connection.execute(
        'SELECT parent_run_id FROM ci_jobs WHERE workflow_run_id = %s AND is_retry ORDER BY 1', [run])], eligible,
        f'{name}: each eligible job has exactly one retry, and no other job has one')
    tap.equal(one(connection, """SELECT count(*) FROM retry_ledger.retry r JOIN ci_jobs c ON c.id::text = r.retry_key
        AND c.parent_run_id::text = r.parent_key WHERE c.workflow_run_id = %s""", run), len(eligible),
        f'{name}: each with its link')
    counts = {'RERUN': 0, 'SKIP': 0, 'BLOCKED': 0}
    for answer in answers:
        for job in answer['jobs']:
            counts[job['action']] += 1
    on_ledger = dict(connection.execute("""SELECT action, count(*) FROM retry_ledger.ledger_entry e
        WHERE run_table = 'public.ci_jobs' AND evidence ? 'call_id' AND run_key IS NOT NULL AND reason_code IS NOT NULL
          AND policy_hash IS NOT NULL AND run_key IN (SELECT id::text FROM ci_jobs WHERE workflow_run_id = %s)
        GROUP BY 1""", [run]).fetchall())
    tap.equal(on_ledger, {action: n for action, n in (('retried', counts['RERUN']), ('skipped', counts['SKIP']),
                                                       ('refused', counts['BLOCKED'])) if n},
              f'{name}: every decision that was told is on the ledger, with its reason and policy')
    tap.equal(one(connection, """SELECT count(*) FROM retry_ledger.ledger_entry WHERE action = 'rerun_called'
        AND evidence #>> '{target,workflow_run_id}' = %s""", str(run)), len(answers), f'{name}: and so is each call')


def succeeded(results, name):
    """The answers; what failed with PostgreSQL's own 40001 under SERIALIZABLE isn't one."""
    errors = [result for result in results if isinstance(result, Exception)]
    tap.equal([str(error) for error in errors if getattr(error, 'sqlstate', None) != '40001'], [],
              f'{name}: no call fails')
    return [result for result in results if not isinstance(result, Exception)]


def same_target(connection, run, jobs, level):
    name = f'{CLIENTS} clients, {jobs} jobs, {level}'
    connection.execute(JOBS % {'run': run, 'jobs': jobs})
    clients = [connect(level) for _ in range(CLIENTS)]
    results = at_once([lambda c=c: rerun(c, {'pr_number': 7, 'workflow_run_id': run}) for c in clients])
    answers = succeeded(results, name)
    if level != 'serializable':
        tap.equal(len(answers), CLIENTS, f'{name}: all are answered')
    tap.equal(sorted(answer['metadata']['rerunJobs'] for answer in answers)[-1], len(eligible_jobs(connection, run)),
              f'{name}: one call reran all of them')
    tap.equal(sum(answer['metadata']['rerunJobs'] for answer in answers), len(eligible_jobs(connection, run)),
              f'{name}: and the others none')
    check_what_stands(connection, run, answers, name)


def with_retry_run(connection, run, jobs):
    """Overlapping targets and retry_run, all at once."""
    name = f'calls and retry_run at once, {jobs} jobs'
    connection.execute(JOBS % {'run': run, 'jobs': jobs})
    eligible = eligible_jobs(connection, run)
    targets = [{'pr_number': 7, 'workflow_run_id': run}, {'pr_number': 7, 'workflow_run_id': str(run), 'error': None},
               {'pr_number': 7, 'workflow_run_id': run, 'conclusion': 'failure'},
               {'pr_number': 7, 'workflow_run_id': run, 'error': 'Error: read ECONNRESET'}]
    works = [lambda t=t: rerun(connect(), t) for t in targets]
    works += [lambda part=part: retry_each(connect(), eligible[part::4]) for part in range(4)]
    results = succeeded(at_once(works), name)
    tap.equal(len(results), len(works), f'{name}: all are answered')
    answers, single = results[:4], results[4:]
    by_calls = sum(answer['metadata']['rerunJobs'] for answer in answers)
    tap.equal(by_calls + sum(first for first, _ in single), len(eligible), f'{name}: each job is rerun by one of them')
    told = {what for _, others in single for what in others}
    tap.ok(told <= {('PT409', 'ALREADY_RETRIED')}, f'{name}: retry_run is told who was first', told)
    tap.diag(f'{by_calls} of {len(eligible)} by calls')
    check_what_stands(connection, run, answers, name)


def idempotent(connection, run, jobs):
    name = f'{CLIENTS} equal requests'
    connection.execute(JOBS % {'run': run, 'jobs': jobs})
    results = at_once([lambda: rerun(connect(), {'pr_number': 7, 'workflow_run_id': run}, request_id=f'request {run}')
                       for _ in range(CLIENTS)])
    answers = succeeded(results, name)
    tap.equal(sorted(answer.pop('replayed') for answer in answers), [False] + [True] * (CLIENTS - 1),
              f'{name}: one is executed, the others get its answer')
    tap.ok(all(answer == answers[0] for answer in answers), f'{name}: the same document for all')
    check_what_stands(connection, run, answers[:1], name)


def main():
    connection = connect()
    connection.execute(TABLES)
    run = 100
    for level in ('read committed', 'repeatable read', 'serializable'):
        for jobs in (10, 500):
            run += 1
            same_target(connection, run, jobs, level)
    for _ in range(3):
        run += 1
        with_retry_run(connection, run, 200)
    idempotent(connection, run + 1, 100)
    tap.equal(one(connection, 'SELECT count(*) FROM retry_ledger.ledger_entry e WHERE leaf_hash <> ledger_leaf_hash(e)'),
              0, 'every entry bears its right hash')


tap.run(main)
