#!/usr/bin/env python3
"""A worker for retry_ledger's queue: claims work, sends it to an HTTP endpoint, reports what came of it.

The payload of each piece of work is POSTed as JSON.  An answer of 200 is a JSON object with response, provider_id,
duration_ms and tokens: the work is completed.  Anything else ends it as failed, as timeout (the payload's timeout_s
has passed) or as error (the request itself was wrong, HTTP 4xx), with the reason in the error column, from which
classify_failure tells what may pass.  The worker never repeats a request: that would be a retry, and a retry is a new
run that somebody asked for.

Threads talk to the endpoint, the main thread alone talks to PostgreSQL.  It sleeps in select() until there is a
notification, a result, a signal, or a heartbeat to send.  SIGTERM: it claims nothing more, finishes what it has, and
gives up what takes longer than --grace seconds.  A second one: at once.
"""
import argparse
import collections
import json
import logging
import os
import select
import signal
import socket
import threading
import time
import urllib.error
import urllib.request

import psycopg
from psycopg.rows import dict_row

CLAIM = """SELECT *, extract(epoch FROM lease_until - clock_timestamp())::float AS lease_s FROM claim_work(%s, %s, %s)"""


def arguments():
    parser = argparse.ArgumentParser(description='Carries out work of a retry_ledger queue over HTTP.')
    parser.add_argument('queue')
    parser.add_argument('url', help='of the endpoint that does the work')
    parser.add_argument('--dsn', default='', help='of the database; by default what libpq finds in the environment')
    parser.add_argument('--name', default=f'{socket.gethostname()}:{os.getpid()}', help='under which it claims')
    parser.add_argument('--slots', type=int, default=4, help='pieces of work at a time (default: 4)')
    parser.add_argument('--poll', type=float, default=5, help='seconds until it asks for work unnotified (default: 5)')
    parser.add_argument('--grace', type=float, default=30, help='seconds to finish in after SIGTERM (default: 30)')
    parser.add_argument('--error-column', default='original_error', help='of the table (default: original_error)')
    return parser.parse_args()


def ask(url, payload):
    """Status, outcome but for the error, the error's text, and for how many seconds the endpoint wants to be left alone."""
    timeout = float(payload.get('timeout_s') or 60)
    request = urllib.request.Request(url, json.dumps(payload).encode(), {'Content-Type': 'application/json'})
    try:
        with urllib.request.urlopen(request, timeout=timeout) as reply:
            answer = json.load(reply)
        return 'completed', {'provider_id': answer.pop('provider_id', None), 'output_data': answer}, None, 0
    except urllib.error.HTTPError as error:
        body = error.read(10000).decode(errors='replace')
        status = 'failed' if error.code >= 500 or error.code in (408, 429) else 'error'
        return status, {'provider_id': provider_in(body)}, f'HTTP {error.code} {error.reason}: {body}', pause_of(error)
    except (TimeoutError, urllib.error.URLError) as error:
        if isinstance(error, TimeoutError) or isinstance(error.reason, TimeoutError):
            return 'timeout', {}, f'timed out after {timeout:g} s', 0
        return 'failed', {}, str(error.reason), 0
    except Exception as error:  # a connection that breaks amid the answer, an answer that isn't JSON
        return 'failed', {}, f'{type(error).__name__}: {error}', 0


def provider_in(body):
    """Which provider failed, if the endpoint says so: the next attempt can avoid it."""
    try:
        return json.loads(body)['provider_id']
    except (ValueError, KeyError, TypeError):
        return None


def pause_of(error):
    seconds = error.headers.get('Retry-After', '')
    return int(seconds) if error.code in (429, 503) and seconds.isdigit() else 0


class Worker:
    def __init__(self, options):
        self.options = options
        self.db = None
        self.items = {}                     # what we hold, by table and job: claimed and not yet reported
        self.results = collections.deque()  # of the threads
        self.claim_at = 0                   # when to ask for work,
        self.pause_until = 0                # but not before the endpoint wants to be asked
        self.stop_by = None                 # set by SIGTERM: when to give up
        self.wake, self.waker = socket.socketpair()
        self.wake.setblocking(False)
        self.waker.setblocking(False)

    # ---- the database ------------------------------------------------------------------------------------

    def connect(self):
        self.db = psycopg.connect(self.options.dsn, autocommit=True, row_factory=dict_row, application_name=self.options.name)
        self.db.add_notify_handler(lambda notification: self.claim_soon())
        self.db.execute('LISTEN retry_ledger_work')
        self.claim_soon()
        log('connected', server=self.db.info.server_version)

    def claim(self):
        free = self.options.slots - len(self.items)
        if self.stop_by is not None or free < 1 or time.monotonic() < max(self.claim_at, self.pause_until):
            return
        self.claim_at = time.monotonic() + self.options.poll  # or when it is notified, or has a free slot
        work = self.db.execute(CLAIM, [self.options.queue, self.options.name, free]).fetchall()
        for item in work:
            item['beat_s'] = item['lease_s'] / 3
            item['beat_at'] = time.monotonic() + item['beat_s']
            self.items[item['run_table'], item['job_id']] = item
            log('claimed', job=item['job_id'], fence=item['fence'], kind=item['kind'], attempt=item['attempt'])
            threading.Thread(target=self.execute, args=[item], daemon=True).start()

    def extend(self):
        for item in list(self.items.values()):
            if 'result' in item or time.monotonic() < item['beat_at']:
                continue
            if self.tell(item, 'SELECT extend_lease(%s, %s, run_table => %s::regclass)'):
                item['beat_at'] = time.monotonic() + item['beat_s']

    def report(self):
        """What a broken connection may have kept from being settled stays here, and is reported again."""
        while self.results:
            item, result = self.results.popleft()
            item['result'] = result
        for item in [item for item in self.items.values() if 'result' in item]:
            status, outcome, error, pause = item['result']
            if error is not None:
                outcome = {**outcome, self.options.error_column: error}
            if self.tell(item, 'SELECT finish_work(%s, %s, %s, %s, %s::regclass)', status, json.dumps(outcome)):
                log('finished', job=item['job_id'], fence=item['fence'], status=status, error=error)
                self.drop(item)
            self.pause_until = max(self.pause_until, time.monotonic() + pause)

    def tell(self, item, sql, *more):
        """A refusal, such as STALE_LEASE, means that the work isn't ours any more: it is dropped.  But if the answer can't be
        stored (jsonb holds no \\u0000), that is how the work failed."""
        try:
            self.db.execute(sql, [item['job_id'], item['fence'], *more, item['run_table']])
            return True
        except psycopg.OperationalError:  # the connection, the server, a deadlock: later
            raise
        except psycopg.Error as refused:
            log('refused', job=item['job_id'], fence=item['fence'], because=refused.diag.message_primary)
            if isinstance(refused, psycopg.DataError) and 'result' in item and item['result'][1]:
                item['result'] = 'failed', {}, f"the answer can't be stored: {refused.diag.message_primary}", 0
                self.wake_up()
            else:
                self.drop(item)
            return False

    def drop(self, item):
        """Frees a slot."""
        del self.items[item['run_table'], item['job_id']]
        self.claim_soon()

    def claim_soon(self):
        self.claim_at = 0

    # ---- the work ----------------------------------------------------------------------------------------

    def execute(self, item):
        self.results.append((item, ask(self.options.url, item['payload'])))
        self.wake_up()

    def wake_up(self, *_):
        try:
            self.waker.send(b'.')
        except BlockingIOError:  # it has enough of them already
            pass

    def stop(self, *_):
        grace = self.options.grace if self.stop_by is None else 0
        self.stop_by = time.monotonic() + grace
        self.wake_up()

    def give_up(self):
        """What the threads are still at is told as the queue itself tells it of a worker that has vanished."""
        for item in self.items.values():
            item.setdefault('result', ('failed', {}, f'retry_ledger: lease lost: worker {self.options.name} gave it up', 0))

    def wait(self):
        now = time.monotonic()
        times = [item['beat_at'] for item in self.items.values()] + [self.stop_by if self.stop_by is not None else now + 60]
        if self.stop_by is None and len(self.items) < self.options.slots:
            times.append(max(self.claim_at, self.pause_until))
        readable, _, _ = select.select([self.wake, self.db], [], [], max(0, min(times) - now))
        if self.wake in readable:
            self.wake.recv(4096)
        if self.db in readable:  # a notification, or the end of the connection
            self.db.execute('')

    def run(self):
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)
        while self.stop_by is None or self.items:
            try:
                if self.db is None:
                    self.connect()
                if self.stop_by is not None and time.monotonic() >= self.stop_by:
                    self.give_up()
                self.report()
                self.extend()
                self.claim()
                if self.stop_by is None or self.items:
                    self.wait()
            except psycopg.OperationalError as error:
                log('disconnected' if self.db is None or self.db.broken else 'postponed', error=error)
                if self.db is not None and self.db.broken:
                    self.db.close()
                    self.db = None
                if self.stop_by is not None and time.monotonic() >= self.stop_by:
                    break  # our leases run out, and the ledger will say so
                time.sleep(0.5)
        log('stopped', left=len(self.items))


def log(event, **details):
    logging.info(' '.join([event] + [f'{name}={json.dumps(str(value))}' for name, value in details.items() if value is not None]))


if __name__ == '__main__':
    logging.basicConfig(level=logging.INFO, format='%(asctime)s %(message)s')
    Worker(arguments()).run()
