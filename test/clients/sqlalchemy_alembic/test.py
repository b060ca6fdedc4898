"""An application's own tables, made by SQLAlchemy and Alembic, adopted as they are with 100,000 runs.

Eight clients retry its 1,000 failed runs at once, each run asked for three times. Afterwards each failed run has
exactly one retry, no original differs in a byte, every decision is on the ledger, and the ORM works as before.
"""
import json
import multiprocessing
import random
import subprocess
import sys
import time
import uuid

import psycopg
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from psycopg import errors
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.orm import sessionmaker

import tap
from models import ROLE, Base, BatchJob, GovernedBase, GovernedRun, Run, Step, engine

RUNS = 100_000
FAILED = 1_000
CLIENTS = 8
ASKED = 3  # times for each run, by different clients

ALREADY = 'PT409 ALREADY_RETRIED'


def admin():
    return psycopg.connect(autocommit=True)


def as_application(**options):
    return psycopg.connect(user=ROLE, **options)


def value(connection, sql, *parameters):
    return connection.execute(sql, parameters or None).fetchone()[0]


def alembic(*arguments):
    return subprocess.run([sys.executable, '-m', 'alembic', *arguments], capture_output=True, text=True)


# ---- the application as it is ------------------------------------------------------------------------------


def set_up_role(a):
    a.execute(f"""DO $$ BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') THEN CREATE ROLE {ROLE} LOGIN; END IF;
    END $$""")
    a.execute(f'GRANT CREATE ON SCHEMA public TO {ROLE}')
    a.execute(f'GRANT USAGE ON SCHEMA retry_ledger TO {ROLE}')


def migrate():
    done = alembic('upgrade', '0002')
    tap.ok(done.returncode == 0, 'alembic makes the tables', done.stderr)
    same_as_models(Base.metadata, 'the tables are as the models say')


def same_as_models(metadata, name):
    """Alembic's own comparison finds nothing to do for the tables of these models."""
    with engine().connect() as connection:
        context = MigrationContext.configure(connection, opts={
            'compare_type': True,
            'include_object': lambda thing, name, kind, reflected, other: kind != 'table' or name in metadata.tables})
        tap.equal(compare_metadata(context, metadata), [], name)


def status_of(n):
    if n % (RUNS // FAILED) == 7:
        return 'failed'
    return {1: 'queued', 2: 'running', 3: 'cancelled'}.get(n % 50, 'completed')


def run_row(n):
    status = status_of(n)
    row = {'tenant_id': f'tenant-{n % 7}', 'workflow': f'workflow {n % 13}', 'status': status,
           'payload': {'n': n, 'text': 'é' * (n % 30)}, 'labels': ['a', None, f'l{n}'] if n % 3 else None,
           'cost': f'{n % 97}.{n % 10}0', 'error': f'boom {n}' if status == 'failed' else None,
           'finished_at': None}
    if n % 1000 == 0:
        row['payload']['long'] = ''.join(random.Random(n).choices('abcdefgh', k=20_000))  # kept out of line
    return row


def fill(session):
    started = time.monotonic()
    for first in range(0, RUNS, 10_000):
        session.bulk_insert_mappings(Run, [run_row(n) for n in range(first, first + 10_000)])
    for run in session.query(Run).filter_by(status='failed').limit(50):
        run.steps = [Step(number=n, name=f'step {n}') for n in range(3)]
    jobs = [BatchJob(name=f'job {n}', status='failed' if n % 10 == 0 else 'completed') for n in range(1000)]
    session.add_all(jobs)
    session.flush()
    session.add_all(BatchJob(name=job.name, status='completed', attempt_number=2, retry_of=job.id)
                    for job in jobs[:100:10])
    session.commit()
    tap.diag(f'{RUNS} runs made in {time.monotonic() - started:.1f} s')


# ---- adoption ----------------------------------------------------------------------------------------------

COLUMNS = ('id, tenant_id, workflow, status, payload, error, created_at, updated_at, priority, labels, cost,'
           ' finished_at')
JOB_COLUMNS = 'id, name, status, attempt_number, retry_of, error_message, created_at'


def remember(a):
    """What there was before anything of ours touched it."""
    a.execute('CREATE SCHEMA before')
    a.execute('CREATE TABLE before.workflow_runs AS TABLE workflow_runs')
    a.execute('CREATE TABLE before.batch_jobs AS TABLE batch_jobs')
    a.execute('ALTER TABLE before.workflow_runs ADD PRIMARY KEY (id)')
    a.execute('ALTER TABLE before.batch_jobs ADD PRIMARY KEY (id)')
    return {'workflow_runs': digest(a, 'workflow_runs', COLUMNS), 'batch_jobs': digest(a, 'batch_jobs', JOB_COLUMNS)}


def digest(a, table, columns):
    with a.transaction():
        a.execute("SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO'; SET LOCAL bytea_output = 'hex'")
        return value(a, f"""SELECT md5(string_agg(md5(ROW({columns})::text), '' ORDER BY id)) || ' ' || count(*)
                            FROM public.{table} WHERE id IN (SELECT id FROM before.{table})""")


def unchanged(a, digests, when):
    for table, columns in (('workflow_runs', COLUMNS), ('batch_jobs', JOB_COLUMNS)):
        tap.equal(digest(a, table, columns), digests[table], f'{when}: no original of {table} differs (md5)')
        now, then = (', '.join(f'{alias}.{column.strip()}' for column in columns.split(',')) for alias in 'nt')
        tap.equal(value(a, f"""SELECT count(*) FROM before.{table} t LEFT JOIN public.{table} n USING (id)
            WHERE n.id IS NULL OR (SELECT r FROM (SELECT {now}) r) *<> (SELECT r FROM (SELECT {then}) r)"""), 0,
                  f'{when}: no original of {table} differs in a byte')


def adopt():
    """By the application's own role: the owner of the tables, no superuser."""
    with as_application(autocommit=True) as c:
        for table in ('workflow_runs', 'batch_jobs'):
            started = time.monotonic()
            decided = {row[0]: row[1] for row in c.execute('SELECT * FROM govern_runs(%s)', [table])}
            tap.diag(f'{table} adopted in {time.monotonic() - started:.1f} s')
            tap.ok(decided.get('status_column') == 'status', f'{table} is adopted as it is', decided)
        governed = c.execute('SELECT run_table::text, parent_column, attempt_column, is_retry_column'
                             ' FROM governed_tables ORDER BY 1').fetchall()
    tap.equal(governed, [('batch_jobs', 'retry_of', 'attempt_number', 'is_retry'),
                         ('workflow_runs', 'parent_run_id', 'attempt', 'is_retry')], 'with columns of its own names')


# ---- eight clients -----------------------------------------------------------------------------------------

BY_HAND = """
INSERT INTO workflow_runs (id, tenant_id, workflow, status, payload, priority, created_at, updated_at, parent_run_id)
SELECT gen_random_uuid(), tenant_id, workflow, 'queued', payload, priority, now(), now(), id
FROM workflow_runs WHERE id = %s RETURNING id
"""


def retry_once(c, number, turn, run):
    """Every client has a way of its own: function or INSERT, autocommit or a transaction that takes its time."""
    with c.transaction():
        if number % 4 == 3:
            retry = value(c, BY_HAND, run)
        else:
            retry = uuid.UUID(value(c, 'SELECT retry_run_id FROM retry_run(%s, run_table => %s, reason => %s)',
                                    run if number % 2 else str(run), 'workflow_runs', f'client {number}'))
        if turn % 5 == 0:
            c.execute('SELECT pg_sleep(0.005)')
        if turn % 50 == 0:
            raise psycopg.Rollback
        return retry
    return None  # rolled back on purpose


def client(arguments):
    """Answers with what it was told for each run, in order: (run, outcome, retry)."""
    number, runs = arguments
    levels = list(psycopg.IsolationLevel)[1:]  # READ COMMITTED, REPEATABLE READ, SERIALIZABLE
    told, repeats = [], 0
    with as_application(autocommit=True, application_name=f'client {number}') as c:
        c.isolation_level = levels[number % 3]
        for turn, run in enumerate(runs, 1):
            while True:
                try:
                    retry = retry_once(c, number, turn, run)
                    if retry is not None:
                        told.append((run, 'accepted', retry))
                        break
                    turn += 1  # once more, and not rolled back
                except errors.SerializationFailure:
                    repeats += 1
                except psycopg.Error as error:
                    told.append((run, f"{error.sqlstate} {str(error).split(':')[0]}", named_retry(error)))
                    break
    return told, repeats


def named_retry(error):
    """The retry that a refusal names in its DETAIL."""
    try:
        return uuid.UUID(json.loads(error.diag.message_detail)['retry_run_id'])
    except (TypeError, ValueError, KeyError):
        return None


def requests(runs):
    """Each run goes to ASKED clients at about the same place of their lists."""
    lists = [[] for _ in range(CLIENTS)]
    for n, run in enumerate(runs):
        for distance in (0, 3, 5)[:ASKED]:
            lists[(n + distance) % CLIENTS].append(run)
    return list(enumerate(lists))


def retry_all(a):
    failed = [row[0] for row in a.execute("SELECT id FROM workflow_runs WHERE status = 'failed' ORDER BY created_at, id")]
    tap.equal(len(failed), FAILED, 'there are 1,000 failed runs')
    random.Random(1).shuffle(failed)
    started = time.monotonic()
    with multiprocessing.get_context('fork').Pool(CLIENTS) as pool:
        answers = pool.map(client, requests(failed), chunksize=1)
    tap.diag(f'{FAILED * ASKED} requests in {time.monotonic() - started:.1f} s,'
             f' {sum(repeats for _, repeats in answers)} repeated after 40001')
    return [told for answer, _ in answers for told in answer]


def check_answers(a, told):
    accepted = {run: retry for run, outcome, retry in told if outcome == 'accepted'}
    outcomes = {}
    for _, outcome, _ in told:
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
    tap.equal(outcomes, {'accepted': FAILED, ALREADY: FAILED * (ASKED - 1)},
              'each run is accepted once, and refused as ALREADY_RETRIED otherwise')
    children = dict(a.execute('SELECT parent_run_id, id FROM workflow_runs WHERE parent_run_id IS NOT NULL').fetchall())
    tap.equal(value(a, """SELECT count(*) FROM (
        SELECT FROM workflow_runs o LEFT JOIN workflow_runs r ON r.parent_run_id = o.id
        WHERE o.status = 'failed' GROUP BY o.id HAVING count(r.id) <> 1) AS wrong"""), 0,
        'each failed run has exactly one retry')
    tap.ok(accepted == children, 'the retries are the ones that the clients were told of')
    tap.equal([run for run, outcome, retry in told if outcome == ALREADY and retry != children.get(run)], [],
              'each refusal names the retry that stands')
    tap.equal(a.execute("""SELECT DISTINCT attempt, is_retry, status, error IS NULL, finished_at IS NULL
                           FROM workflow_runs WHERE parent_run_id IS NOT NULL""").fetchall(),
              [(2, True, 'queued', True, True)], 'retries are second attempts that start anew')
    tap.equal(value(a, """SELECT count(*) FROM workflow_runs r JOIN workflow_runs o ON o.id = r.parent_run_id
        WHERE (r.tenant_id, r.workflow, r.payload, r.priority) IS DISTINCT FROM
              (o.tenant_id, o.workflow, o.payload, o.priority)"""), 0, 'with the inputs of the original')


def check_ledger(a):
    tap.equal(value(a, """SELECT count(*) FROM (
        SELECT FROM workflow_runs r LEFT JOIN retry_ledger.ledger_entry e
          ON e.action = 'retried' AND e.run_table = 'public.workflow_runs' AND e.run_key = r.parent_run_id::text
             AND e.evidence ->> 'retry_run_id' = r.id::text
        WHERE r.parent_run_id IS NOT NULL GROUP BY r.id HAVING count(e.entry_id) <> 1) AS wrong"""), 0,
        'every accepted decision is on the ledger exactly once')
    tap.equal(value(a, """SELECT count(*) FROM retry_ledger.ledger_entry
                          WHERE action = 'retried' AND run_table = 'public.workflow_runs'"""), FAILED,
              'and nothing else is')
    tap.equal(value(a, """SELECT count(*) FROM retry_ledger.retry
                          WHERE run_table = 'public.workflow_runs' AND voided_at IS NULL AND claims"""), FAILED,
              'each has its link')
    tap.equal(value(a, """SELECT count(*) FROM retry_ledger.ledger_entry e
                          WHERE leaf_hash IS DISTINCT FROM retry_ledger.ledger_leaf_hash(e)"""), 0,
              'every leaf hash is right')
    tap.equal(a.execute("""SELECT DISTINCT prior_status, attempt, acting_role, application_name LIKE 'client _'
        FROM retry_ledger.ledger_entry WHERE action = 'retried' AND run_table = 'public.workflow_runs'""").fetchall(),
              [('failed', 2, ROLE, True)], 'with who, from what, and which attempt')


# ---- the ORM afterwards ------------------------------------------------------------------------------------


def fail_run(session, model=Run, **values):
    """A new run that goes its way to failure, in three flushes."""
    run = model(tenant_id='orm', workflow='orm', **values)
    session.add(run)
    session.flush()
    run.status = 'running'
    session.flush()
    run.status, run.error = 'failed', 'boom'
    session.commit()
    return run


def orm_works(a, session):
    run = Run(tenant_id='orm', workflow='orm', payload={'a': [1, 2]})
    session.add(run)
    session.commit()
    tap.equal((run.status, run.priority, run.payload), ('queued', 5, {'a': [1, 2]}), 'ORM: add, with its own defaults')
    failed = fail_run(session)
    tap.equal(a.execute("""SELECT prior_status, reason_code FROM retry_ledger.ledger_entry
                           WHERE action = 'ended' AND run_key = %s""", [str(failed.id)]).fetchall(),
              [('running', 'failed')], 'ORM: status changes are flushed, the end is on the ledger')
    session.add_all([Run(tenant_id='orm', workflow='many') for _ in range(2500)])
    session.add_all([BatchJob(name='orm many') for _ in range(2500)])
    session.commit()
    tap.equal((session.query(Run).filter_by(workflow='many').count(),
               session.query(sa.func.count(sa.distinct(BatchJob.id))).filter_by(name='orm many').scalar()),
              (2500, 2500), 'ORM: add_all of 2,500, keys by RETURNING')
    changed = session.query(Run).filter_by(workflow='many').update({'status': 'running'}, synchronize_session=False)
    session.commit()
    tap.equal(changed, 2500, 'ORM: bulk UPDATE of live runs')
    merged = session.merge(Run(id=failed.id, tenant_id='orm', error='boom'))
    session.commit()
    tap.equal(merged.status, 'failed', 'ORM: merge of what an ended run says already')
    return failed


def orm_refused(session, failed):
    def flush(**values):
        for name, new in values.items():
            setattr(failed, name, new)
        try:
            session.flush()
        finally:
            session.rollback()

    for values in ({'status': 'queued'}, {'error': None}, {'payload': {'b': 1}}, {'tenant_id': 'other'}):
        tap.refused(lambda: flush(**values), '23R01', 'PB-S1 VIOLATION', f'ORM: flush of {values} into an ended run',
                    kind=IntegrityError, constraint='retry_ledger_immutable', detail={'run_id': str(failed.id)})
    tap.equal(failed.status, 'failed', 'ORM: the session serves on')

    def autoflush():
        failed.status = 'queued'
        try:
            session.query(Run).filter_by(tenant_id='orm').first()
        finally:
            session.rollback()

    tap.refused(autoflush, '23R01', 'PB-S1 VIOLATION', 'ORM: autoflush before a query', kind=IntegrityError)

    def delete():
        try:
            session.delete(failed)
            session.flush()
        finally:
            session.rollback()

    tap.refused(delete, '23R01', 'DELETE_VIOLATION', 'ORM: delete', kind=IntegrityError)

    def bulk():
        try:
            session.query(Run).filter(Run.workflow == 'orm').update({'error': 'x'}, synchronize_session=False)
        finally:
            session.rollback()

    tap.refused(bulk, '23R01', 'PB-S1 VIOLATION', 'ORM: bulk UPDATE that meets an ended run', kind=IntegrityError)

    def born_failed():
        try:
            session.add(Run(tenant_id='orm', workflow='orm', status='failed'))
            session.flush()
        finally:
            session.rollback()

    tap.refused(born_failed, '23R01', 'BIRTH_VIOLATION', 'ORM: a run born failed', kind=IntegrityError,
                constraint='retry_ledger_birth')
    with session.begin_nested() as savepoint:
        tap.refused(lambda: session.execute(sa.text("UPDATE workflow_runs SET status = 'queued' WHERE id = :id"),
                                            {'id': failed.id}), '23R01', 'PB-S1 VIOLATION',
                    'ORM: a refusal within begin_nested', kind=IntegrityError)
        savepoint.rollback()
    tap.ok(session.query(Run).filter_by(tenant_id='orm').first() is not None, 'ORM: and the transaction serves on')
    session.commit()


def orm_retries(session, failed):
    retry = GovernedRun(tenant_id=failed.tenant_id, workflow=failed.workflow, parent_run_id=failed.id)
    session.add(retry)
    session.commit()
    tap.equal((retry.attempt, retry.is_retry, retry.status), (2, True, 'queued'), 'ORM: a retry is a row with a parent')

    def again():
        try:
            session.add(GovernedRun(tenant_id=failed.tenant_id, workflow=failed.workflow, parent_run_id=failed.id))
            session.flush()
        finally:
            session.rollback()

    tap.refused(again, 'PT409', 'ALREADY_RETRIED', 'ORM: and there is one', kind=DatabaseError,
                detail={'retry_run_id': str(retry.id)})
    other = fail_run(session, GovernedRun)
    liar = GovernedRun(tenant_id=other.tenant_id, workflow='orm', parent_run_id=other.id, attempt=9, is_retry=False)
    session.add(liar)
    session.commit()
    tap.equal((liar.attempt, liar.is_retry), (2, True), 'ORM: whatever it says of attempt and is_retry')
    third = fail_run(session, GovernedRun)
    answer = session.execute(sa.text('SELECT * FROM retry_run(:id, reason => :reason, run_table => :run_table)'),
                             {'id': third.id, 'reason': 'by function', 'run_table': 'workflow_runs'}).mappings().one()
    session.commit()
    born = session.get(GovernedRun, uuid.UUID(answer['retry_run_id']))
    tap.equal((born.parent_run_id, born.attempt, born.workflow), (third.id, 2, 'orm'), 'ORM: retry_run in a session')
    call = sa.func.retry_run(sa.bindparam('id', str(born.id))).table_valued('attempt', 'status')

    def running():
        try:
            session.execute(sa.select(call.c.attempt))
        finally:
            session.rollback()

    tap.refused(running, 'PT409', 'JOB_ALREADY_RUNNING', 'ORM: func.retry_run as a table', kind=DatabaseError)


def orm_jobs(session):
    jobs = session.query(BatchJob).filter_by(status='failed').order_by(BatchJob.id).all()
    retried = session.query(BatchJob).filter(BatchJob.retry_of.isnot(None)).first()
    fresh = [job for job in jobs if job.id != retried.retry_of][-1]
    retry = BatchJob(name=fresh.name, retry_of=fresh.id)
    session.add(retry)
    session.commit()
    tap.equal((retry.attempt_number, retry.status), (2, 'pending'), 'ORM: a job retried in its own columns')

    def legacy():
        try:
            session.add(BatchJob(name='again', retry_of=retried.retry_of))
            session.flush()
        finally:
            session.rollback()

    tap.refused(legacy, 'PT409', 'ALREADY_RETRIED', 'ORM: a job that was retried before the adoption',
                kind=DatabaseError, detail={'retry_run_id': str(retried.id)})


# ---- migrations afterwards ---------------------------------------------------------------------------------


def migrate_on(a):
    done = alembic('upgrade', '0003')
    tap.ok(done.returncode == 0, 'alembic migrates a governed table on', done.stderr)
    tap.equal(value(a, "SELECT count(*) FROM workflow_runs WHERE region = 'eu' AND status IN ('completed', 'failed')"),
              0, 'and fills in the new column for live runs')
    same_as_models(GovernedBase.metadata, 'models that know of the lineage are as the table is')
    done = alembic('upgrade', '0004')
    tap.ok(done.returncode != 0 and 'PB-S1 VIOLATION' in done.stderr, 'a migration that rewrites the past fails',
           done.stderr)
    tap.equal((value(a, 'SELECT version_num FROM alembic_version'), value(a, "SELECT to_regclass('half_done')")),
              ('0003', None), 'and leaves nothing behind')


def main():
    Session = sessionmaker(engine(), future=True)
    with admin() as a:
        set_up_role(a)
        migrate()
        with Session() as session:
            fill(session)
        digests = remember(a)
        adopt()
        unchanged(a, digests, 'after the adoption')
        told = retry_all(a)
        check_answers(a, told)
        check_ledger(a)
        unchanged(a, digests, 'after the retries')
        migrate_on(a)
        with Session() as session:
            failed = orm_works(a, session)
            orm_refused(session, failed)
            orm_retries(session, failed)
            orm_jobs(session)
        unchanged(a, digests, 'at the end')
        tap.equal(value(a, """SELECT count(*) FROM retry_ledger.ledger_entry e
                              WHERE leaf_hash IS DISTINCT FROM retry_ledger.ledger_leaf_hash(e)"""), 0,
                  'every leaf hash is right at the end')


if __name__ == '__main__':
    tap.run(main)
