"""A small client of retry_ledger's functions over HTTP, through PostgREST.

    api = Api('http://127.0.0.1:3000', token)
    status, answer = api.retry(job_id, owner, request_id='click 17', resume='latest')

An answer is the function's jsonb.  A refusal has the status of its token (409 ALREADY_RETRIED, 402 INSUFFICIENT_CREDITS, ...)
whether it was recorded (the default here: it is on the ledger, and the answer says decision = refused) or raised.
"""
import base64
import hashlib
import hmac
import http.client
import json
import socket
import urllib.parse


def token(role, secret):
    """A JSON Web Token (RFC 7519, HS256) that makes PostgREST act as `role`."""
    def encode(data):
        return base64.urlsafe_b64encode(data).rstrip(b'=')
    text = encode(b'{"alg":"HS256","typ":"JWT"}') + b'.' + encode(json.dumps({'role': role}).encode())
    return (text + b'.' + encode(hmac.new(secret.encode(), text, hashlib.sha256).digest())).decode()


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__('localhost')
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


class Api:
    """`url` is http://host:port, or unix:/path/of/a/socket."""

    def __init__(self, url, bearer):
        self.url, self.bearer = url, bearer

    def connect(self):
        if self.url.startswith('unix:'):
            return UnixConnection(self.url[len('unix:'):])
        return http.client.HTTPConnection(urllib.parse.urlsplit(self.url).netloc)

    def call(self, function, **arguments):
        """The HTTP status and the answer."""
        connection = self.connect()
        try:
            connection.request('POST', f'/rpc/{function}', json.dumps(arguments),
                               {'Content-Type': 'application/json', 'Authorization': f'Bearer {self.bearer}'})
            response = connection.getresponse()
            return response.status, json.loads(response.read() or b'null')
        finally:
            connection.close()

    def retry(self, job_id, owner, on_refusal='record', **arguments):
        return self.call('retry_run', run_id=job_id, run_table='public.jobs', tenant=owner, on_refusal=on_refusal, **arguments)

    def checkpoint(self, job_id, owner, status, ref):
        return self.call('record_checkpoint', run_id=job_id, status=status, ref=ref, run_table='public.jobs', tenant=owner)

    def undispatched(self, job_id, owner, reason):
        """Tells that the job could not be handed out: the retry is void, and its charge given back.  Answers 502."""
        return self.call('dispatch_failed', run_id=job_id, reason=reason, run_table='public.jobs', tenant=owner,
                         on_refusal='record')
