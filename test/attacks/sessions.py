"""Sessions that attacks steer step by step, so that what is to meet meets in a known order."""
import os
import subprocess
import threading
import time
from pathlib import Path

LEVELS = ('READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE')


class Session:
    """One psql; what it says is printed for the runner to read, unless it is quiet."""

    def __init__(self, role=None, quiet=False):
        self.quiet = quiet
        command = [Path(os.environ['ATTACK_BIN']) / 'psql', '-X', '-q', '-A', '-t', '-v', 'VERBOSITY=verbose']
        self.psql = subprocess.Popen([*command, *(['-U', role] if role else [])], text=True, stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.sent = self.done = 0
        self.lines = []
        threading.Thread(target=self.listen, daemon=True).start()
        self.pid = self.ask('SELECT pg_backend_pid()')

    def listen(self):
        for line in self.psql.stdout:
            if line.startswith('done with '):
                self.done += 1
            else:
                self.lines.append(line.rstrip())
                if not self.quiet:
                    print(line, end='', flush=True)

    def send(self, statement):
        self.sent += 1
        self.psql.stdin.write(f'{statement};\n\\echo done with {self.sent}\n')
        self.psql.stdin.flush()

    def finished(self):
        return self.done == self.sent

    def wait(self):
        deadline = time.monotonic() + 60
        while not self.finished():
            if self.psql.poll() is not None or time.monotonic() > deadline:
                raise SystemExit('FATAL:  XX999: a session gave no answer')
            time.sleep(0.005)

    def ask(self, statement):
        self.send(statement)
        self.wait()
        return self.lines[-1] if self.lines else ''

    def wait_until_blocked(self, watcher):
        """Or until it has answered: then nothing blocks it."""
        while not self.finished() and watcher.ask(f'SELECT cardinality(pg_blocking_pids({self.pid}))') == '0':
            time.sleep(0.02)

    def close(self):
        self.psql.stdin.close()
        self.psql.wait(timeout=30)


def meet(level, first, second, roles=(None, None)):
    """Both have their snapshot, then `first`, then `second`, and only then they commit, in this order."""
    watcher, a, b = Session(quiet=True), Session(roles[0]), Session(roles[1])
    for session in (a, b):
        session.ask(f'BEGIN ISOLATION LEVEL {level}')
        session.ask('SELECT count(*) FROM app.customers')
    a.ask(first)
    b.send(second)
    b.wait_until_blocked(watcher)
    a.ask('COMMIT')
    b.wait()
    b.ask('COMMIT')
    for session in (watcher, a, b):
        session.close()
