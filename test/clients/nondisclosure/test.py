"""J11: somebody else's run is as one that doesn't exist.  Random calls by another tenant, each made twice: for a run that it may
not see, in every state that a run can be in, and for one that doesn't exist.  The two answers must be the same in text and
in fields but for the id.  Three set-ups: row level security, the tenant as an argument, and no privilege at all.  How long
the answers took is reported, not judged: a look-up that finds a row that policies hide is a look-up more."""
import json
import os
import random
import statistics
import time
import uuid

import psycopg

import tap

CALLS = int(os.environ.get('CALLS', 10000))
SEED = int(os.environ.get('SEED', random.SystemRandom().randrange(10**9)))
chance = random.Random(SEED)
ROLE = f'stranger_{os.getpid()}'
BARE = f'bare_{os.getpid()}'
STATES = ['queued', 'running', 'completed', 'failed', 'retried', 'void', 'checkpoint']
TABLES = """
CREATE TABLE {0} (id {1} PRIMARY KEY, tenant_id text NOT NULL, task text, status text NOT NULL DEFAULT 'queued', error text);
SELECT * FROM govern_runs('{0}', input_columns => '{{task}}');
SELECT set_retry_policy('{0}', max_attempts => 2, override_roles => '{{{2}}}');
SELECT set_work_queue('{0}', '{0}', dispatch => 'none');
GRANT SELECT, INSERT, UPDATE ON {0} TO {2};
"""
POLICY = """
SELECT accept_ddl('{0}', 'ALTER TABLE {0} ENABLE ROW LEVEL SECURITY', 'test');
SELECT accept_ddl('{0}', 'CREATE POLICY own ON {0} USING (tenant_id = ''b'')', 'test');
"""


class Table:
    """Runs of tenant a in every state, and ids that no run has, of the same form."""

    def __init__(self, db, name, key_type):
        self.name, self.key_type = name, key_type
        db.execute(TABLES.format(name, key_type, ROLE))
        self.hidden = {state: [self.make(db, state) for _ in range(5)] for state in STATES}
        self.checkpoints = [str(row[0]) for row in db.execute(
            'SELECT checkpoint_id FROM checkpoint WHERE run_table = %s', (f'public.{name}',)).fetchall()]
        db.execute(f"INSERT INTO {name} (id, tenant_id) VALUES (%s, 'b')", (self.new_id(),))

    def new_id(self):
        return str(uuid.UUID(int=chance.getrandbits(128), version=4)) if self.key_type == 'uuid' else str(chance.randint(10**11, 10**12 - 1))

    def make(self, db, state):
        run = self.new_id()
        db.execute(f"INSERT INTO {self.name} (id, tenant_id) VALUES (%s, 'a')", (run,))
        if state == 'queued':
            return run
        self.move(db, run, 'running')
        if state == 'checkpoint':
            db.execute('SELECT record_checkpoint(%s::text, %s, %s, run_table => %s)', (run, 'running', 's3://a', self.name))
        if state != 'running':
            self.move(db, run, 'completed' if state == 'completed' else 'failed')
        if state in ('retried', 'void'):
            retry = self.new_id()
            db.execute('SELECT retry_run(%s::text, run_table => %s, new_run_id => %s)', (run, self.name, retry))
            if state == 'void':
                db.execute('SELECT dispatch_failed(%s::text, run_table => %s)', (retry, self.name))
                return chance.choice([run, retry])
        return run

    def move(self, db, run, status):
        db.execute(f"UPDATE {self.name} SET status = %s, error = 'a secret' WHERE id = %s", (status, run))


def optional(**choices):
    """Some of these arguments, each with one of its values."""
    return {name: chance.choice(values) for name, values in choices.items() if chance.random() < 0.4}


def retry_arguments():
    return optional(reason=['why', ''], on_refusal=['raise', 'record', 'x'], max_attempts=[0, 1, 5], request_id=['r', ''],
                    override_reason=['because'], overrides=['{"task": "x"}', '{"nothing": 1}', '[]'], resume=['start', 'latest', 'x', str(uuid.UUID(int=5))],
                    plan=['00'])


def call(function, first, arguments):
    names = ''.join(f', {name} => %s' for name in arguments)
    return f'SELECT * FROM {function}({first}{names})', list(arguments.values())


def random_call(table, tenant):
    """SQL with one place for the id, which the list of its parameters has as None."""
    extra = {'run_table': table.name, **({'tenant': tenant} if tenant else {})}
    retry = retry_arguments()
    plan = {k: v for k, v in retry.items() if k in ('max_attempts', 'override_reason', 'overrides', 'resume')}
    new = {'new_run_id': table.new_id()}
    kinds = [
        lambda: call('retry_run', '%s::text', {**retry, **extra, **new}),
        lambda: call('plan_retry', '%s::text', {**plan, **extra}),
        lambda: call('retry_lineage', '%s::text', extra),
        lambda: call('retry_tree', '%s::text', extra),
        lambda: call('retry_lineage_dot', '%s::text', extra),
        lambda: call('latest_checkpoint', '%s::text', extra),
        lambda: call('record_checkpoint', '%s::text', {'status': chance.choice(['running', 'x']), 'ref': chance.choice(['r', '']), **extra}),
        lambda: call('dispatch_failed', '%s::text', {**optional(on_refusal=['raise', 'record']), **extra}),
        lambda: call('rerun_run', '%s::text', {}),
    ]
    if not tenant:  # what has no argument for the tenant is row level security's
        kinds += [
            lambda: (f"INSERT INTO {table.name} (id, tenant_id, parent_run_id) VALUES (%s, 'b', %s)", [new['new_run_id'], None]),
            lambda: (f"UPDATE {table.name} SET status = 'failed' WHERE id = %s", [None]),
            lambda: (f'DELETE FROM {table.name} WHERE id = %s', [None]),
            lambda: (f'SELECT * FROM {table.name} WHERE id = %s', [None]),
            lambda: (f'SELECT * FROM retry_history WHERE run_table = %s AND original_run_id = %s::text', [f'public.{table.name}', None]),
            lambda: ('SELECT * FROM run_attempts WHERE root_run_id = %s::text', [None]),
            lambda: ('SELECT can_see_run(%s, %s::text)', [f'public.{table.name}', None]),
            lambda: ('SELECT rerun_failed_jobs(jsonb_build_object(%s, %s::text), run_table => %s)', ['id', None, table.name]),
        ]
    sql, parameters = chance.choice(kinds)()
    return sql, parameters if None in parameters else [None] + parameters


def answer(db, sql, parameters, run):
    """All that the caller is told, the id taken out; nothing stays done."""
    filled = [run if value is None else value for value in parameters]
    started = time.perf_counter()
    try:
        with db.transaction(force_rollback=True):
            result = db.execute(sql, filled)
            told = ('rows', result.statusmessage, result.fetchall() if result.description else [])
    except psycopg.Error as error:
        d = error.diag
        told = ('error', error.sqlstate, d.message_primary, d.message_detail, d.message_hint, d.context, d.schema_name, d.table_name,
                d.column_name, d.constraint_name)
    took = time.perf_counter() - started
    return json.dumps(told, default=str).replace(run, '<id>'), took


def compare(db, tables, tenant, calls, set_up):
    different, seen, took_hidden, took_none = [], set(), [], []
    for _ in range(calls):
        table = chance.choice(tables)
        sql, parameters = random_call(table, tenant)
        hidden, none = chance.choice(table.hidden[chance.choice(STATES)]), table.new_id()
        pair = [(hidden, took_hidden), (none, took_none)]
        chance.shuffle(pair)
        answers = {}
        for run, times in pair:
            answers[run], took = answer(db, sql, parameters, run)
            times.append(took)
        seen.add(answers[none])
        if answers[hidden] != answers[none]:
            different.append((sql, parameters, answers[hidden], answers[none]))
    tap.equal(different[:3], [], f'J11 {set_up}: {calls} random calls, no answer differs')
    tap.ok(len(seen) > 10 or set_up == 'no privilege', f'J11 {set_up}: the answers were of many kinds', len(seen))
    medians = [statistics.median(times) * 1e6 for times in (took_hidden, took_none)]
    tap.diag(f'{set_up}: {medians[0]:.0f} us for a run that is hidden, {medians[1]:.0f} us for one that does not exist')


def checkpoints(db, tables, set_up):
    def told(checkpoint, tenant):
        return answer(db, 'SELECT invalidate_checkpoint(%s::uuid, %s, tenant => %s)', [None, 'why', tenant], checkpoint)[0]
    ids = [one for table in tables for one in table.checkpoints]
    different = [one for one in ids if told(one, 'b') != told(str(uuid.uuid4()), 'b')]
    tap.ok(ids and not different, f"J11 {set_up}: somebody else's checkpoint is as one that doesn't exist", different)


def can_differ(db, table):
    """A run that the caller does see is answered otherwise: the comparison can fail."""
    own = str(db.execute(f"SELECT id FROM {table.name} WHERE tenant_id = 'b'").fetchone()[0])
    sql, parameters = call('plan_retry', '%s::text', {'run_table': table.name})
    tap.ok(answer(db, sql, [None] + parameters, own)[0] != answer(db, sql, [None] + parameters, table.new_id())[0],
           'a run of its own is answered otherwise')


def acting_as(role):
    db = psycopg.connect(autocommit=True)
    db.execute(f'SET ROLE {role}')
    return db


def main():
    tap.diag(f'SEED={SEED}')
    with psycopg.connect(autocommit=True) as db:
        db.execute(f'CREATE ROLE {ROLE}; CREATE ROLE {BARE}; GRANT USAGE ON SCHEMA retry_ledger TO {ROLE}, {BARE}')
        db.execute(f"""DO $$ DECLARE f regprocedure; BEGIN FOR f IN SELECT oid FROM pg_proc WHERE proname = 'dispatch_failed'
            AND pronamespace = 'retry_ledger'::regnamespace LOOP EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO {ROLE}, {BARE}', f); END LOOP; END $$""")
        secured = [Table(db, 'secured_uuid', 'uuid'), Table(db, 'secured_bigint', 'bigint')]
        shared = [Table(db, 'shared_uuid', 'uuid'), Table(db, 'shared_bigint', 'bigint')]
        for table in secured:
            db.execute(POLICY.format(table.name))
    with acting_as(ROLE) as db:
        compare(db, secured, None, CALLS * 4 // 10, 'row level security')
        compare(db, shared, 'b', CALLS * 4 // 10, 'tenant as an argument')
        checkpoints(db, secured, 'row level security')
        checkpoints(db, shared, 'tenant as an argument')
        can_differ(db, secured[0])
    with acting_as(BARE) as db:
        compare(db, secured + shared, 'b', CALLS - CALLS * 4 // 10 * 2, 'no privilege')


tap.run(main)
