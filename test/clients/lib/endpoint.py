"""An HTTP server that answers as a provider of language models does, and fails, delays and limits on demand.

What it is to do stands in the payload's prompt, as words; all others are ignored:
  status=503   answers so; retry_after=2 is sent with it
  flaky=30     answers 503 to 30 % of the requests
  delay=0.5    waits so many seconds first
  hold=NAME    waits until NAME is released
  break        closes the connection without an answer; garbage answers what isn't JSON, nul what jsonb can't hold
"""
import collections
import json
import random
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PROVIDERS = ['p-1', 'p-2', 'p-3']


class Endpoint(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self):
        super().__init__(('127.0.0.1', 0), Handler)
        self.lock = threading.Lock()
        self.held = collections.defaultdict(threading.Event)
        self.asked = []  # the payloads, in the order in which they came
        self.random = random.Random(0)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f'http://127.0.0.1:{self.server_address[1]}/'

    def received(self, payload):
        with self.lock:
            self.asked.append(payload)
            return self.random.random() * 100

    def event(self, name):
        with self.lock:
            return self.held[name]

    def release(self, name):
        self.event(name).set()

    def prompts(self):
        with self.lock:
            return [payload.get('prompt') for payload in self.asked]

    def handle_error(self, request, client_address):
        pass  # a worker that was killed


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        started = time.monotonic()
        payload = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
        chance = self.server.received(payload)
        words = dict((word + '=').split('=')[:2] for word in payload.get('prompt', '').split())
        if 'hold' in words:
            self.server.event(words['hold']).wait()
        time.sleep(float(words.get('delay', 0)))
        provider = next((p for p in PROVIDERS if p not in payload.get('failed_providers', [])), PROVIDERS[0])
        status = int(words.get('status', 503 if chance < float(words.get('flaky', 0)) else 200))
        if 'break' in words:
            return
        response = '\0' if 'nul' in words else f'answer to {payload.get("prompt")}'
        if 'garbage' in words:
            self.answer(200, b'<html>')
        elif status != 200:
            self.answer(status, json.dumps({'error': 'as asked for', 'provider_id': provider}).encode(), words.get('retry_after'))
        else:
            self.answer(200, json.dumps({
                'response': response, 'provider_id': provider,
                'duration_ms': round((time.monotonic() - started) * 1000), 'tokens': 7}).encode())

    def answer(self, status, body, retry_after=None):
        self.send_response(status)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(body)))
        if retry_after:
            self.send_header('Retry-After', retry_after)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass
