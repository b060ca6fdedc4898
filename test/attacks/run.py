"""Runs each attack of this folder against a fresh database and looks, from another connection, whether a fact was
changed or hidden.  Writes TAP: one line for each attack and level, and the table of them all at the end.

An attack is a file FAMILY/NAME.sql (run by psql), .py or .sh that begins with a header in comments:

    role: app | owner | superuser | os   who attacks; `login: NAME` where it is another role than usual (roles.sql)
    tries: one line on what it tries
    none: bites | harmless               whether it changes facts where nothing is guarded: an attack that doesn't, proves
                                         nothing, unless it is about PostgreSQL's own rules, or about a function of
                                         ours, which refuses at every level; each of those was seen to succeed once
    guarded: held | not held | named     what is expected at each level; named: it succeeds, on a table that isn't at
    locked: held | not held              this level, which guard_status() says before; what isn't held says
    detected: NAME, ...                  by which of detect.sql, each of which is asked
    errors: SQLSTATE ...                 that it may meet; others of class 42 and 22 mean that it is written wrong
    from: MAJOR                          the first PostgreSQL that knows what it uses
    setup: SQL                           what a superuser does before; :DBNAME is the database
    setup_locked: SQL                    and at that level besides

Attacks in SQL run several at a time; those that are programs may stop the server, so each runs alone.  A program gets
PGDATABASE and PGUSER, and what this one has in its environment: PGHOST, PGPORT; ATTACK_BIN and ATTACK_DATA, PostgreSQL's
programs and the data directory of a server that may be stopped; ATTACK_LOG, the server's log.  ATTACK_LEVELS: those to
run.  Where `none` isn't among them, as on other majors than the machine's own, for time, only attacks that not every
major knows are shown to bite, and at *guarded* only those of app roles are tried.  Arguments: names of attacks or families; without, all of them.
"""
import os
import re
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
BIN = Path(os.environ['ATTACK_BIN'])
DATA = os.environ['ATTACK_DATA']
LOG = os.environ['ATTACK_LOG']
LOGINS = {'app': 'attack_app', 'owner': 'attack_owner', 'superuser': 'postgres', 'os': 'postgres'}
INTERPRETER = {'.py': [sys.executable], '.sh': ['bash']}
# Syntax, names and values that are wrong.  Not 42501 (privilege), 42P17 (definition), 42809 (object type), 42939 (reserved
# name): those are refusals.
MISWRITTEN = re.compile(r'^(42(?!501|P17|809|939)|22P)')
LOST_CONNECTION = 2  # psql's exit status


def run(command, **options):
    return subprocess.run([str(word) for word in command], text=True, errors='replace', stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300, **options)


def psql(database, *arguments, role='postgres', quiet=True):
    command = [BIN / 'psql', '-X', '-d', database, '-U', role, *(['-q', '-A', '-t'] if quiet else []), *arguments]
    return run(command)


def must(result):
    if result.returncode != 0:
        sys.exit(f'Bail out! {" ".join(result.args)}: {result.stdout[-2000:]}')
    return result.stdout


def sql(database, *statements):
    return must(psql(database, '-v', 'ON_ERROR_STOP=1', *[word for s in statements for word in ('-c', s)]))


def found_in(database, guards):
    """The facts, and what is wrong; a query that fails answers with its error.  What was prepared and left is rolled back first."""
    files = [word for file in ('forget_prepared.sql', 'facts.sql', 'audit.sql') for word in ('-f', HERE / file)]
    facts, _, wrong = psql(database, '-v', f'guards={guards}', *files).stdout.partition('-- audit\n')
    return ({line for line in part.splitlines() if line} for part in (facts, wrong))


def server(*arguments):
    must(run([BIN / 'pg_ctl', '-D', DATA, '-w', '-l', LOG, *arguments]))


def wait_for_server():
    """Where an attack has crashed it; that it fails is enough."""
    for _ in range(600):
        if run([BIN / 'pg_isready', '-q']).returncode == 0:
            return
        time.sleep(0.1)


class Attack:
    def __init__(self, path):
        self.path = path
        self.name = f'{path.parent.name}/{path.stem}'
        self.header = dict(re.findall(r'^(?:--|#) (\w+): (.*)$', path.read_text(), re.M))
        self.role = self.header['role']
        self.login = self.header.get('login', LOGINS[self.role])
        self.is_sql = path.suffix == '.sql'
        if self.header['none'] not in ('bites', 'harmless') or not {
                self.header['guarded'], self.header['locked']} <= {'held', 'not held', 'named'}:
            sys.exit(f'Bail out! {path}: the header expects something unheard of')

    def expected(self, level):
        if level == 'none':
            return 'not held' if self.header['none'] == 'bites' else 'held'
        return self.header[level]

    def detectors(self):
        return [name.strip() for name in self.header.get('detected', '').split(',') if name.strip()]

    def act(self, database):
        """What the attack has to say, and what shows that it didn't go as written; whether it succeeds is for others to judge."""
        if not self.is_sql:
            said = run([*INTERPRETER[self.path.suffix], self.path], env={
                **os.environ, 'PGDATABASE': database, 'PGUSER': self.login, 'PYTHONPATH': str(HERE),
                'PYTHONDONTWRITEBYTECODE': '1'}).stdout
            return said, self.miswritten(said)
        result = psql(database, '-a', '-v', 'VERBOSITY=verbose', '-f', self.path, role=self.login, quiet=False)
        lost = ['its connection was lost'] if result.returncode == LOST_CONNECTION else []
        if lost:
            wait_for_server()
        return result.stdout, lost + self.miswritten(result.stdout)

    def miswritten(self, said):
        met = set(re.findall(r'(?:ERROR|FATAL): +([0-9A-Z]{5}):', said)) - set(self.header.get('errors', '').split())
        return [f'met {state}' for state in sorted(met) if MISWRITTEN.match(state)]

    def undetected(self, database):
        """Of the detectors that the header promises, those that see nothing."""
        found = {line.split(':')[0] for line in psql(database, '-f', HERE / 'detect.sql').stdout.splitlines()}
        return [f'not detected by {name}' for name in self.detectors() if name not in found]


class Level:
    """A database in a known state at some level, of which each attack gets a copy, and what is true of it."""

    def __init__(self, name):
        self.name = name
        self.template = f'attacks_{name}'
        self.guards = 'no' if name == 'none' else 'yes'
        self.thread = threading.local()
        sql('postgres', f'CREATE DATABASE {self.template}')
        must(psql(self.template, '-v', 'ON_ERROR_STOP=1', '-f', HERE / 'fixture.sql'))
        if (HERE / f'level_{name}.sql').exists():
            must(psql(self.template, '-v', 'ON_ERROR_STOP=1', '-f', HERE / f'level_{name}.sql'))
        self.look()

    def look(self):
        """At a copy, as attacks get it."""
        as_found = f'{self.template}_as_found'
        self.copy(as_found)
        self.facts, self.wrong = found_in(as_found, self.guards)
        strange = [line for line in self.wrong | self.facts if 'ERROR' in line or line in self.wrong]
        if strange and self.name != 'none':
            sys.exit(f'Bail out! the fixture is wrong: {strange}')

    def copy(self, database):
        """In the psql that drops the thread's last copy: starting one costs as much as the drop.  A locked one stays."""
        last, self.thread.copy = getattr(self.thread, 'copy', None), database
        drop = [r'\unset ON_ERROR_STOP', f'DROP DATABASE IF EXISTS {last} WITH (FORCE)', r'\set ON_ERROR_STOP on']
        # file_copy: with fsync off its checkpoints cost less than copying by way of the WAL.
        sql('postgres', *(drop if last else []), f'CREATE DATABASE {database} TEMPLATE {self.template} STRATEGY file_copy',
            f'ALTER DATABASE {database} SET search_path = app, retry_ledger, public')

    def set_up(self, attack, database):
        """What a lock refuses to be set up is refused to the attack."""
        for key in ('setup', f'setup_{self.name}'):
            if key in attack.header:
                done = psql(database, '-v', 'ON_ERROR_STOP=1', '-c', attack.header[key].replace(':DBNAME', database))
                if 'DDL_NOT_ALLOWED' not in done.stdout or self.name != 'locked':
                    must(done)

    def is_below(self, database):
        """Whether guard_status() says that a table of it isn't at this level."""
        return sql(database, 'SELECT DISTINCT level FROM retry_ledger.guard_status()').split() != [self.name]

    def damage(self, database):
        """What is no more as it was: facts that are gone, and rows that shouldn't be there."""
        facts, wrong = found_in(database, self.guards)
        return sorted(f'gone: {line}' for line in self.facts - facts) + sorted(wrong - self.wrong)

    def attempt(self, attack, database):
        """What happened (held, not held, named) and everything to be said about it."""
        self.copy(database)
        self.set_up(attack, database)
        below = attack.expected(self.name) == 'named' and self.is_below(database)
        if attack.role == 'os':
            server('stop', '-m', 'fast')
        said, wrong = attack.act(database)
        if attack.role == 'os':
            server('start')
        elif not attack.is_sql:
            wait_for_server()
        damage = self.damage(database)
        if self.name == 'none':
            wrong = []  # without guards later statements meet what earlier ones did
        elif damage:
            wrong += attack.undetected(database)
        result = 'held' if not damage else 'named' if below else 'not held'
        notes = [f'tries: {attack.header["tries"]}', *damage[:10], *wrong, *said.splitlines()[-40:]]
        return result, result == attack.expected(self.name) and not wrong, notes


class Tap:
    count = failures = 0

    @classmethod
    def report(cls, holds, name, notes):
        cls.count += 1
        cls.failures += not holds
        print(f'{"ok" if holds else "not ok"} {cls.count} - {name}', flush=True)
        for note in [] if holds else notes:
            print(f'# {note}')


def try_all(level, attacks):
    """Yields each attack with what came of it, in order."""
    def attempt(attack):
        return level.attempt(attack, f'attack_{level.name}_{attacks.index(attack)}')

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        together = [a for a in attacks if a.is_sql]
        yield from zip(together, pool.map(attempt, together))
    for attack in attacks:
        if not attack.is_sql:
            yield attack, attempt(attack)


def levels(attacks):
    """Each level with what is tried there."""
    wanted = os.environ.get('ATTACK_LEVELS', 'none guarded locked').split()
    to_bite = attacks if 'none' in wanted else [a for a in attacks if 'from' in a.header]
    if to_bite:
        yield Level('none'), to_bite
    if 'guarded' in wanted:
        # On other majors that much as is claimed of them.
        yield Level('guarded'), [a for a in attacks if to_bite is attacks or a.role == 'app']
    if 'locked' in wanted:
        with open(Path(DATA) / 'postgresql.conf', 'a') as settings:
            settings.write("shared_preload_libraries = 'retry_ledger'\n")
        server('restart')
        yield Level('locked'), attacks


def chosen_attacks():
    major = int(re.search(r' (\d+)', must(run([BIN / 'postgres', '--version']))).group(1))
    attacks = [Attack(path) for path in sorted(HERE.glob('*/*.*')) if path.suffix in ('.sql', '.py', '.sh')]
    wanted = set(sys.argv[1:])
    return [a for a in attacks if int(a.header.get('from', 0)) <= major
            and (not wanted or wanted & {a.name, a.path.parent.name})]


def print_table(attacks, table):
    print(f'# {"attack":42} {"role":10} {"none":9} {"guarded":9} locked')
    for attack in attacks:
        none, guarded, locked = [table[attack.name].get(level, 'not tried') for level in ('none', 'guarded', 'locked')]
        note = f'  detected by {", ".join(attack.detectors())}' if attack.detectors() else ''
        print(f'# {attack.name:42} {attack.role:10} {none:9} {guarded:9} {locked}{note if guarded == "not held" else ""}')


def main():
    attacks = chosen_attacks()
    must(psql('postgres', '-v', 'ON_ERROR_STOP=1', '-f', HERE / 'roles.sql'))
    table = {attack.name: {} for attack in attacks}
    for level, tried in levels(attacks):
        for attack, (result, holds, notes) in try_all(level, tried):
            table[attack.name][level.name] = result
            Tap.report(holds, f'{level.name}: {attack.name} ({attack.role}): {result}', notes)
    print_table(attacks, table)
    print(f'1..{Tap.count}')
    sys.exit(1 if Tap.failures else 0)


main()
