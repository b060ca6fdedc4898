"""Processes of examples/worker, as somebody would start them, and the server that they work with."""
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg

PROGRAM = Path(__file__).resolve().parents[3] / 'examples' / 'worker' / 'worker.py'
PATIENCE = 120  # seconds until what must happen has happened


def until(question, what):
    """The first answer that is true."""
    end = time.monotonic() + PATIENCE
    while not (answer := question()):
        if time.monotonic() > end:
            raise RuntimeError(f'not in {PATIENCE} s: {what}')
        time.sleep(0.05)
    return answer


class RealWorker:
    def __init__(self, name, queue, url, *options):
        self.name = name
        self.lines = []  # of its log
        self.process = subprocess.Popen([sys.executable, str(PROGRAM), queue, url, '--name', name, *options],
                                        stderr=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stderr:
            self.lines.append(line)

    def events(self, event):
        """Details of each line of that kind."""
        found = []
        for line in list(self.lines):
            parts = re.match(r'[-\d]+ [:,\d]+ (\w+) ?(.*)', line)
            if parts and parts[1] == event and line.endswith('\n'):
                found.append({name: json.loads(value) for name, value in re.findall(r'(\w+)=("(?:[^"\\]|\\.)*")', parts[2])})
        return found

    def kill(self):
        self.process.kill()
        return self.end()

    def terminate(self):
        """Not before it has begun: until it handles signals, one is its end."""
        until(lambda: self.events('connected') or self.process.poll() is not None, f'{self.name} is connected')
        self.process.terminate()

    def stop(self):
        self.terminate()
        return self.end()

    def end(self):
        """Its exit status, once its log is complete."""
        status = self.process.wait(PATIENCE)
        self.reader.join(PATIENCE)
        return status


class Server:
    """The test's own PostgreSQL, which it may crash: found by its data directory, started again as its owner."""

    def __init__(self):
        with psycopg.connect() as db:
            self.data = Path(db.execute('SHOW data_directory').fetchone()[0])
        self.owner = self.data.stat().st_uid, self.data.stat().st_gid
        self.log = os.readlink(f'/proc/{self.pid()}/fd/2')

    def pid(self):
        return int((self.data / 'postmaster.pid').read_text().split()[0])

    def pg_ctl(self, *arguments):
        as_owner = {'user': self.owner[0], 'group': self.owner[1], 'extra_groups': []} if os.geteuid() == 0 else {}
        return subprocess.run(['pg_ctl', '-D', self.data, '-w', *arguments], cwd='/', stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **as_owner).returncode == 0

    def restart(self, mode):
        if not self.pg_ctl('-m', mode, '-l', self.log, 'restart'):
            raise RuntimeError('the server did not restart')

    def kill9(self):
        """All of it at once, as when the power goes; and up again."""
        postmaster = self.pid()
        os.kill(postmaster, signal.SIGSTOP)  # no child is born any more, none is noticed to be gone
        for child in children_of(postmaster):
            try:
                os.kill(child, signal.SIGKILL)
            except ProcessLookupError:
                pass
        os.kill(postmaster, signal.SIGKILL)
        until(lambda: self.pg_ctl('-l', self.log, 'start'), 'the server starts again')


def children_of(parent):
    found = []
    for entry in Path('/proc').glob('[0-9]*/stat'):
        try:
            if int(entry.read_text().rpartition(')')[2].split()[1]) == parent:
                found.append(int(entry.parent.name))
        except (OSError, ValueError):
            pass
    return found
