"""The example's worker, as several processes, carries out questions (scenario Q) over HTTP: it reports what came of them,
loses what it had when it is killed, and survives restarts of the server."""
import json
import os
import subprocess
from pathlib import Path

import psycopg

import tap
from endpoint import Endpoint
from real_worker import RealWorker, Server, until

EXAMPLE = Path(__file__).resolve().parents[3] / 'examples' / 'questions'
# What the example hands out, but whoever never gets an answer needn't wait for a minute.
PAYLOAD = """
CREATE FUNCTION impatient_work(ask jsonb) RETURNS jsonb LANGUAGE sql AS $$
  SELECT work || CASE WHEN work ->> 'prompt' LIKE '%hold=never%' THEN '{"timeout_s": 0.5}' ELSE '{}' END::jsonb
  FROM public.question_work(ask) work $$;
SELECT set_work_queue('executions', payload_function => 'impatient_work');
"""

# What examples/worker/README.md says that a worker needs, and nothing more.
ROLE = f'questions_worker_{os.getpid()}'
RIGHTS = f"""
CREATE ROLE {ROLE} LOGIN;
GRANT USAGE ON SCHEMA retry_ledger TO {ROLE};
GRANT EXECUTE ON FUNCTION claim_work, finish_work, extend_lease TO {ROLE};
GRANT SELECT, UPDATE ON executions TO {ROLE};
"""

endpoint = Endpoint()
started = []


def connect():
    return psycopg.connect(autocommit=True)


def one(sql, *parameters):
    with connect() as db:
        return db.execute(sql, parameters).fetchone()[0]


def rows(sql, *parameters):
    with connect() as db:
        return db.execute(sql, parameters).fetchall()


def worker(name, *options):
    started.append(RealWorker(name, 'questions', endpoint.url, '--poll', '0.2', '--dsn', f'user={ROLE}', *options))
    return started[-1]


def ask(*prompts):
    """A job with these questions, each to be executed in one region; the executions' ids."""
    questions = json.dumps({'input': {'questions': [{'prompt': prompt, 'system_prompt': 'Be brief.'} for prompt in prompts]}})
    return [row[0] for row in rows("""WITH job AS (INSERT INTO jobs SELECT coalesce(max(id), 0) + 1, %s FROM jobs RETURNING id)
        INSERT INTO executions (job_id, region, question_index) SELECT id, 'eu', i FROM job, generate_series(0, %s) i
        RETURNING id""", questions, len(prompts) - 1)]


def set_lease(lease):
    one("SELECT set_work_queue('executions', lease => %s)", lease)


def retry(run):
    return int(one('SELECT retry_run_id FROM retry_run(%s::bigint)', run))


def ended(ids):
    return one("SELECT count(*) FROM executions WHERE id = ANY (%s) AND status NOT IN ('pending', 'running')", ids) == len(ids)


def until_ended(ids):
    until(lambda: ended(ids), f'executions {ids} have ended')


def until_asked(prompt, times=1):
    until(lambda: endpoint.prompts().count(prompt) >= times, f'{prompt} is asked')


def states(ids):
    return rows('SELECT status, classify_failure(original_error) FROM executions WHERE id = ANY (%s) ORDER BY id', ids)


def lost(ids):
    return rows("""SELECT run_key::bigint, evidence ->> 'worker', (evidence ->> 'fence')::int FROM ledger_entry
        WHERE action = 'lease_lost' AND run_key = ANY (%s) ORDER BY 1""", [str(id_) for id_ in ids])


def all_are_executed():
    workers = [worker(f'w{i}') for i in range(3)]
    ids = ask(*[f'Question {i}?' for i in range(60)])
    until_ended(ids)
    tap.equal([worker_.stop() for worker_ in workers], [0, 0, 0], 'Q5 workers stop when they are told to')
    tap.equal(sorted(endpoint.prompts()), sorted(f'Question {i}?' for i in range(60)), 'Q5 each question was asked once')
    tap.equal(rows("""SELECT count(*) FROM executions WHERE id = ANY (%s) AND status = 'completed' AND provider_id = 'p-1'
        AND output_data ->> 'response' LIKE 'answer to Question%%' AND (output_data ->> 'tokens')::int = 7
        AND output_data ? 'duration_ms' AND started_at <= completed_at""", ids), [(60,)],
              'Q5 response, provider, duration, tokens and times are there')
    told = [event for worker_ in workers for event in worker_.events('finished')]
    tap.equal(sorted(int(event['job']) for event in told), ids, 'Q5 each was finished by one worker')
    tap.equal({event['status'] for event in told}, {'completed'}, 'Q5 which says so')
    tap.equal({key: value for key, value in endpoint.asked[0].items() if key not in ('prompt', 'execution')},
              {'system_prompt': 'Be brief.', 'model': 'llama3.2-1b', 'region': 'eu', 'temperature': 0.7, 'max_tokens': 2000,
               'timeout_s': 60, 'failed_providers': []}, 'Q4 the endpoint was told everything')


def failures_are_told():
    prompts = {'status=503': ('failed', 'infra_transient'), 'status=429 retry_after=1': ('failed', 'infra_transient'),
               'status=400': ('error', None), 'break': ('failed', 'infra_transient'), 'garbage': ('failed', None),
               'nul': ('failed', None), 'hold=never': ('timeout', 'infra_transient')}
    worker_ = worker('careful', '--slots', '2')
    ids = ask(*prompts)
    until_ended(ids)
    tap.equal(dict(zip(prompts, states(ids))), prompts, 'Q1 how each failed, and its class')
    tap.equal(one('SELECT provider_id FROM executions WHERE id = %s', ids[0]), 'p-1', 'Q7 which provider it was')
    tap.equal({prompt: endpoint.prompts().count(prompt) for prompt in prompts}, {prompt: 1 for prompt in prompts},
              'W10 nothing was tried again')
    again = retry(ids[0])
    until_ended([again])
    tap.equal(endpoint.asked[-1]['failed_providers'], ['p-1'], 'Q7 a retry is told who failed before')
    tap.equal(one('SELECT provider_id FROM executions WHERE id = %s', again), 'p-2', 'Q7 and another is asked')
    tap.equal(rows('SELECT attempt, status FROM run_attempts WHERE root_run_id = %s::text ORDER BY 1', ids[0]),
              [(1, 'failed'), (2, 'failed')], 'Q9 both attempts are there')
    worker_.stop()


def killed():
    set_lease('1 second')
    doomed = worker('doomed', '--slots', '3')
    ids = ask('hold=kill 1', 'hold=kill 2', 'hold=kill 3')
    for i in range(1, 4):
        until_asked(f'hold=kill {i}')
    doomed.kill()
    heir = worker('heir')
    until_ended(ids)
    tap.equal(states(ids), [('failed', 'interrupted')] * 3, 'Q5 what a killed worker had ends as interrupted')
    tap.equal(lost(ids), [(id_, 'doomed', 1) for id_ in ids], 'Q5 with an entry on the ledger')
    endpoint.release('kill')
    with connect() as db:
        tap.refused(lambda: db.execute("SELECT finish_work(%s, 1, 'completed')", [str(ids[0])]), 'PT409', 'STALE_LEASE',
                    'B8 its fence settles nothing', detail={'final_status': 'failed'})
    tap.equal([event['job'] for event in heir.events('claimed')], [], 'W10 nobody took it over by himself')
    set_lease('5 minutes')
    again = [retry(id_) for id_ in ids]
    until_ended(again)
    tap.equal(states(again), [('completed', None)] * 3, 'Q5 retries of them are carried out')
    tap.equal(sorted(int(event['job']) for event in heir.events('finished')), again, 'Q5 by another worker')
    heir.stop()


def a_heartbeat_keeps_work():
    set_lease('6 seconds')
    slow, other = worker('slow', '--slots', '1'), None
    ids = ask('hold=heartbeat')
    until_asked('hold=heartbeat')
    first = one('SELECT lease_until FROM work_item WHERE job_id = %s', str(ids[0]))
    other = worker('other')
    until(lambda: one("SELECT clock_timestamp() > %s::timestamptz + '1 second'", first), 'the first lease has run out')
    endpoint.release('heartbeat')
    until_ended(ids)
    tap.equal(states(ids) + lost(ids), [('completed', None)], 'Q5 work that takes longer than a lease is not lost')
    tap.equal(other.events('claimed'), [], 'Q5 nor handed to anybody else')
    slow.stop()
    other.stop()
    set_lease('5 minutes')


def stopped():
    polite = worker('polite', '--slots', '2', '--grace', '600')
    ids = ask('hold=term 1', 'hold=term 2', 'after the signal')
    until_asked('hold=term 1')
    until_asked('hold=term 2')
    polite.process.terminate()
    endpoint.release('term')
    tap.equal(polite.end(), 0, 'Q5 SIGTERM: a worker ends')
    tap.equal(one('SELECT array_agg(status ORDER BY id) FROM executions WHERE id = ANY (%s)', ids),
              ['completed', 'completed', 'pending'], 'Q5 after it has finished what it had, and claimed nothing more')
    hasty = worker('hasty', '--slots', '2', '--grace', '0')
    ids = ids[2:] + ask('hold=hasty')
    until_asked('hold=hasty')
    until_ended(ids[:1])
    tap.equal(hasty.stop(), 0, 'Q5 SIGTERM without patience')
    tap.equal(states(ids), [('completed', None), ('failed', 'interrupted')], 'Q5 what it gives up is told as interrupted')
    tap.equal(lost(ids), [], 'Q5 at once, not when the lease runs out')
    endpoint.release('hasty')


def notified():
    idle = worker('idle', '--poll', '86400')
    until(lambda: idle.events('connected'), 'the worker listens')
    ids = ask('one', 'two')
    until_ended(ids)
    more = ask('three')
    until_ended(more)
    tap.equal(states(ids + more), [('completed', None)] * 3, 'Q5 a worker is told of work, and needn\'t poll')
    idle.stop()


def restarts():
    workers = [worker('r1', '--slots', '2'), worker('r2', '--slots', '2')]
    server = Server()
    for mode in ('fast', 'immediate'):
        ids = ask(*[f'hold={mode} {i}' for i in range(12)])
        until(lambda: sum(f'hold={mode}' in prompt for prompt in endpoint.prompts()) == 4, 'four are asked')
        server.restart(mode)
        endpoint.release(mode)
        until_ended(ids)
        tap.equal(states(ids) + lost(ids), [('completed', None)] * 12, f'Q5 {mode} restart of the server: nothing is lost')
        tap.equal(sorted(prompt for prompt in endpoint.prompts() if f'hold={mode}' in prompt),
                  sorted(f'hold={mode} {i}' for i in range(12)), f'Q5 {mode} restart: nothing is done twice')
    tap.equal([worker_.stop() for worker_ in workers], [0, 0], 'Q5 the same workers went on')
    tap.ok(all(len(worker_.events('connected')) >= 3 for worker_ in workers), 'Q5 over new connections')


def main():
    subprocess.run(['psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', EXAMPLE / 'tables.sql', '-f', EXAMPLE / 'adopt.sql'],
                   check=True, stdout=subprocess.DEVNULL)
    with connect() as db:
        db.execute(PAYLOAD)
        db.execute(RIGHTS)
    for test in (all_are_executed, failures_are_told, killed, a_heartbeat_keeps_work, stopped, notified, restarts):
        test()


try:
    tap.run(main)
finally:
    for worker_ in started:
        if worker_.process.poll() is None:
            worker_.kill()
    with connect() as db:
        db.execute(f'DROP OWNED BY {ROLE}; DROP ROLE {ROLE}')
