"""Scenario J over HTTP: a real PostgREST serves the schema that create_api_schema made, and each status of the contract is
seen in a real answer.  What was recorded is looked for on the ledger, from another connection."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import uuid

import psycopg

import tap

EXAMPLE = pathlib.Path(__file__).resolve().parents[3] / 'examples' / 'orchestrator'
sys.path.insert(0, str(EXAMPLE))
from orchestrator import Api, token  # noqa: E402

SECRET = 'a secret of more than thirty-two characters'
ROLES = f"""
DO $$ DECLARE r text; BEGIN FOREACH r IN ARRAY '{{orchestrator,viewer}}'::text[] LOOP
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r) THEN EXECUTE 'CREATE ROLE ' || r; END IF; END LOOP;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'authenticator') THEN CREATE ROLE authenticator LOGIN NOINHERIT; END IF;
END $$;
GRANT orchestrator, viewer TO authenticator;
"""


class Gateway:
    """PostgREST on a socket in a folder of its own."""

    def __init__(self, folder):
        self.url = f'unix:{folder}/http'
        uri = f"postgres://authenticator@/{os.environ['PGDATABASE']}?host={os.environ['PGHOST']}&port={os.environ['PGPORT']}"
        settings = {'PGRST_DB_URI': uri, 'PGRST_DB_SCHEMAS': 'api', 'PGRST_JWT_SECRET': SECRET,
                    'PGRST_SERVER_UNIX_SOCKET': f'{folder}/http', 'PGRST_DB_POOL': '4', 'PGRST_LOG_LEVEL': 'error'}
        self.log = open(f'{folder}/log', 'w+', encoding='utf-8')
        environment = {k: v for k, v in os.environ.items() if not k.startswith('PG')}
        self.process = subprocess.Popen([os.environ['POSTGREST']], env={**environment, **settings}, stdout=self.log,
                                        stderr=subprocess.STDOUT)

    def wait(self, api):
        for _ in range(300):
            try:
                if api.call('classify_failure', error='HTTP 503') == (200, 'infra_transient'):
                    return True
            except OSError:
                pass
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        self.log.seek(0)
        tap.diag(self.log.read())
        return False

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)


class Jobs:
    def __init__(self, db):
        self.db = db

    def one(self, sql, *parameters):
        return self.db.execute(sql, parameters).fetchone()[0]

    def new(self, owner='ada', **columns):
        values = {'owner': owner, 'project_id': 'p-1', 'video_uri': 's3://v/1', 'callback_url': 'http://c/', **columns}
        names = ', '.join(values)
        return str(self.one(f"INSERT INTO jobs ({names}) VALUES ({', '.join(['%s'] * len(values))}) RETURNING id", *values.values()))

    def go(self, job, *statuses):
        for status in statuses:
            self.db.execute('UPDATE jobs SET status = %s WHERE id = %s', (status, job))

    def failed(self, **columns):
        job = self.new(**columns)
        self.go(job, 'DISPATCHED', 'FAILED')
        return job

    def row(self, job):
        return self.db.execute('SELECT j::text FROM jobs j WHERE id = %s', (job,)).fetchone()[0]

    def recorded(self, job, token_):
        return self.one("SELECT count(*) FROM ledger_entry WHERE action = 'refused' AND run_key = %s AND reason_code = %s", job, token_)


def refused(jobs, job, answer, status, token_, name):
    got, body = answer
    code = (body.get('detail') or {}).get('code') if isinstance(body, dict) and 'decision' in body else None
    tap.equal((got, code), (status, token_), name)
    tap.equal(jobs.recorded(job, token_), 1, f'{name}: on the ledger although it is a {status}')


def accepted(jobs, api):
    job = jobs.new(model_profile='small')
    jobs.go(job, 'DISPATCHED', 'TRANSCRIBED')
    status, checkpoint = api.checkpoint(job, 'ada', 'TRANSCRIBED', 's3://c/1')
    tap.ok(status == 200 and uuid.UUID(checkpoint), 'a checkpoint is recorded')
    jobs.go(job, 'FAILED')
    before = jobs.row(job)
    status, answer = api.retry(job, 'ada', request_id='click', resume='latest', overrides={'model_profile': 'large'})
    tap.equal(status, 202, 'J3 J5 a retry is accepted: 202')
    tap.equal([answer[k] for k in ('status', 'resume_from_status', 'checkpoint_ref', 'model_profile', 'replayed')],
              ['QUEUED', 'TRANSCRIBED', 's3://c/1', 'large', False], 'J3 J4 the answer says where it goes on, with which profile')
    tap.equal(answer['dispatch_id'], answer['retry_run_id'], 'J3 and under which id it is handed out')
    again = api.retry(job, 'ada', request_id='click', resume='latest', overrides={'model_profile': 'large'})
    tap.equal(again, (200, {**answer, 'replayed': True}), 'J5 the same request is answered again: 200, replayed')
    tap.equal(jobs.one("SELECT count(*) FROM work_item WHERE kind = 'retry' AND run_key = %s", answer['retry_run_id']), 1,
              'J5 and nothing is handed out twice')
    payload = jobs.one("SELECT payload FROM work_item WHERE kind = 'retry' AND run_key = %s", answer['retry_run_id'])
    tap.equal(payload, {'job_id': answer['retry_run_id'], 'project_id': 'p-1', 'video_uri': 's3://v/1', 'callback_url': 'http://c/',
                        'resume_from_status': 'TRANSCRIBED', 'checkpoint_ref': 's3://c/1', 'model_profile': 'large'},
              'J6 the work carries these, and nothing else')
    refused(jobs, job, api.retry(job, 'ada', request_id='click'), 422, 'IDEMPOTENCY_KEY_REUSED', 'J5 another request under its id')
    refused(jobs, job, api.retry(job, 'ada'), 409, 'ALREADY_RETRIED', 'B2 a second retry')
    tap.equal(jobs.row(job), before, 'J8 the original is what it was')
    return answer['retry_run_id']


def conflicts(jobs, api):
    job = jobs.new()
    items = jobs.one('SELECT count(*) FROM work_item')
    refused(jobs, job, api.retry(job, 'ada'), 409, 'JOB_ALREADY_RUNNING', 'J2 a job that is queued')
    jobs.go(job, 'DISPATCHED')
    tap.equal(api.retry(job, 'ada')[0], 409, 'J2 a job that runs')
    jobs.go(job, 'TRANSCRIBED', 'RENDERED', 'DONE')
    before = jobs.row(job)
    status, answer = api.retry(job, 'ada')
    tap.equal((status, answer['detail']['code']), (409, 'RETRY_NOT_ALLOWED_STATE'), 'J1 a job that is done')
    tap.equal({k: answer['detail']['detail'][k] for k in ('current_status', 'attempted_status')},
              {'current_status': 'DONE', 'attempted_status': 'QUEUED'}, 'J1 with current and attempted status')
    tap.equal((jobs.row(job), jobs.one('SELECT count(*) FROM work_item')), (before, items), 'J2 J8 nothing is handed out or changed')
    status, answer = api.retry(job, 'ada', on_refusal='raise')
    tap.equal((status, answer['message'].split(':')[0], bool(answer['hint'])), (409, 'RETRY_NOT_ALLOWED_STATE', True),
              'raised: the same status, with message, details and hint')


def others(jobs, api, viewer):
    job = jobs.failed(owner='bob')
    theirs, none = api.retry(job, 'ada'), api.retry(str(uuid.UUID(int=7)), 'ada')
    tap.equal((theirs[0], none[0]), (404, 404), "J11 somebody else's job: 404, and so is one that doesn't exist")
    told = [json.dumps(answer).replace(key, '<id>') for (_, answer), key in ((theirs, job), (none, str(uuid.UUID(int=7))))]
    tap.equal(told[0], told[1], 'J11 with the same answer')
    status, answer = viewer.retry(job, 'bob')
    tap.equal((status, answer['detail']['code']), (403, 'NOT_ALLOWED'), 'a role that may not insert: 403')


def limits(jobs, api):
    job = jobs.failed()
    refused(jobs, job, api.retry(job, 'ada', resume='latest'), 422, 'CHECKPOINT_NOT_FOUND', 'no checkpoint to go on from')
    refused(jobs, job, api.retry(job, 'ada', overrides={'model_profile': 'huge'}), 422, 'MODEL_PROFILE_NOT_ALLOWED',
            'J4 a profile that policy does not allow')
    tap.equal(api.retry(job, 'ada', request_id='')[0], 400, 'an empty request id')
    for _ in range(3):
        answer = api.retry(job, 'ada')[1]
        job = answer['retry_run_id']
        jobs.go(job, 'DISPATCHED', 'FAILED')
    refused(jobs, job, api.retry(job, 'ada', max_attempts=1), 400, 'MAX_ATTEMPTS_REACHED', 'too many attempts')
    refused(jobs, job, api.retry(job, 'ada'), 429, 'BUDGET_EXHAUSTED', 'the budget of the lineage is used up')
    poor = jobs.failed(owner='eve')
    refused(jobs, poor, api.retry(poor, 'eve'), 402, 'INSUFFICIENT_CREDITS', 'B5 nothing to pay with')
    tap.equal(api.call('rerun_run', run_id=job)[0], 410, 'W6 the rerun in place is gone')


def dispatch(jobs, api):
    job = jobs.failed()
    retry = api.retry(job, 'ada')[1]['retry_run_id']
    balance = jobs.one("SELECT sum(amount) FROM credit_entry WHERE kind = 'refund'") or 0
    before = jobs.row(job)
    status, answer = api.undispatched(retry, 'ada', 'no GPU in the region')
    tap.equal((status, answer['code'], answer['refund']), (502, 'ORCHESTRATOR_DISPATCH_FAILED', 'done'), 'J7 dispatch fails: 502')
    tap.equal(jobs.one('SELECT voided_at IS NOT NULL FROM retry WHERE retry_key = %s', retry), True, 'J7 committed: the retry is void')
    tap.equal((jobs.one("SELECT sum(amount) FROM credit_entry WHERE kind = 'refund'") or 0) != balance, True, 'F11 and paid back')
    tap.equal(jobs.row(job), before, 'J7 J8 the job is where it was')
    tap.equal(api.retry(job, 'ada')[0], 202, 'J7 and may be retried')


def work(jobs, api, retry):
    status, items = api.call('claim_work', queue='jobs', worker='w', batch=100)
    item = next(item for item in items if item['job_id'] == retry)
    tap.equal((status, item['kind'], item['payload']['resume_from_status']), (200, 'retry', 'TRANSCRIBED'),
              'J10 an orchestrator takes work from the queue')
    jobs.go(retry, 'TRANSCRIBED', 'RENDERED')
    done = dict(job_id=retry, fence=item['fence'], status='DONE', run_table='public.jobs')
    tap.equal(api.call('finish_work', **done), (200, 'DONE'), 'J9 the retry went on from its checkpoint, to its end')
    tap.equal(api.call('finish_work', **done)[0], 409, 'B8 a stale report')


def main():
    with psycopg.connect(autocommit=True) as db, tempfile.TemporaryDirectory(dir='/tmp') as folder:
        db.execute(ROLES)
        db.execute((EXAMPLE / 'tables.sql').read_text(encoding='utf-8'))
        db.execute("SELECT grant_credits('ada', 1000, 'purchased')")
        gateway = Gateway(folder)
        try:
            api = Api(gateway.url, token('orchestrator', SECRET))
            if tap.ok(gateway.wait(api), 'PostgREST answers'):
                jobs = Jobs(db)
                retry = accepted(jobs, api)
                conflicts(jobs, api)
                others(jobs, api, Api(gateway.url, token('viewer', SECRET)))
                limits(jobs, api)
                dispatch(jobs, api)
                work(jobs, api, retry)
        finally:
            gateway.stop()


tap.run(main)
