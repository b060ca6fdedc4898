"""Random state machines, random walks by four clients: no transition that the machine doesn't declare is ever committed, and
every declared one passes.  What was committed is told by a trigger of the test's own, in the same transaction."""
import json
import os
import random
import threading

import psycopg

import tap

MACHINES = 12
CLIENTS = 4
STEPS = 150
RUNS = 24
LEVELS = ['read committed', 'repeatable read', 'serializable']
REFUSED = '23R01'
SEED = int(os.environ.get('SEED', random.SystemRandom().randrange(10**9)))


class Machine:
    def __init__(self, chance):
        self.initial = [f'born {i}' for i in range(chance.randint(1, 2))]
        self.active = [f'live {i}' for i in range(chance.randint(1, 5))]
        self.ended = [f'over {i}' for i in range(chance.randint(1, 3))]
        self.all = self.initial + self.active + self.ended
        share = chance.uniform(0.15, 0.7)
        self.ways = {status: [to for to in self.all if to != status and chance.random() < share]
                     for status in self.initial + self.active}
        self.ways[self.initial[0]] = self.ways[self.initial[0]] or [self.active[0]]

    def legal(self, before, after):
        return before == after or after in self.ways.get(before, [])


def adopt(connection, name, machine):
    connection.execute(f"""
        CREATE TABLE {name} (id int PRIMARY KEY, status text NOT NULL, note text);
        CREATE TABLE {name}_step (id int, before text, after text);
        CREATE FUNCTION {name}_tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          INSERT INTO {name}_step VALUES (NEW.id, OLD.status, NEW.status); RETURN NULL; END $$;
        CREATE TRIGGER aa_tell AFTER UPDATE ON {name} FOR EACH ROW EXECUTE FUNCTION {name}_tell()""")
    connection.execute('SELECT * FROM govern_runs(%s, statuses => %s::jsonb, transitions => %s::jsonb)', (
        name, json.dumps({'initial': machine.initial, 'active': machine.active, 'ended': machine.ended}), json.dumps(machine.ways)))
    connection.execute(f'INSERT INTO {name} SELECT i, %s FROM generate_series(1, {RUNS}) i', (machine.initial[0],))


class Walker:
    """One client.  A step is either known (the row is locked and looked at first) or blind, of one row or of several."""

    def __init__(self, name, machine, seed):
        self.name, self.machine, self.chance = name, machine, random.Random(seed)
        self.committed = self.refused = self.given_up = 0
        self.wrong = []

    def target(self):
        if self.chance.random() < 0.05:
            return self.chance.choice(['undeclared', '', 'Live 0', 'live 0 '])
        return self.chance.choice(self.machine.all)

    def known(self, connection):
        to = self.target()
        with connection.transaction():
            row = connection.execute(f'SELECT id, status FROM {self.name} WHERE id = %s FOR UPDATE',
                                     (self.chance.randint(1, RUNS),)).fetchone()
            legal = self.machine.legal(row[1], to)
            try:
                with connection.transaction():
                    connection.execute(f'UPDATE {self.name} SET status = %s WHERE id = %s', (to, row[0]))
                passed = True
            except psycopg.errors.IntegrityError as error:
                passed = False
                if error.sqlstate != REFUSED:
                    raise
            if passed != legal:
                self.wrong.append((row, to, passed))
        self.committed += passed
        self.refused += not passed

    def blind(self, connection):
        first = self.chance.randint(1, RUNS)
        last = first + self.chance.choice([0, 0, 0, 2])
        try:
            done = connection.execute(f'UPDATE {self.name} SET status = %s WHERE id BETWEEN %s AND %s', (self.target(), first, last))
            self.committed += done.rowcount
        except psycopg.errors.IntegrityError as error:
            if error.sqlstate != REFUSED:
                raise
            self.refused += 1

    def walk(self):
        with psycopg.connect(autocommit=True) as connection:
            for _ in range(STEPS):
                connection.execute(f"SET default_transaction_isolation = '{self.chance.choice(LEVELS)}'")
                try:
                    self.chance.choice([self.known, self.blind])(connection)
                except (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected):
                    self.given_up += 1


def walk_all(walkers):
    errors = []

    def walk(walker):
        try:
            walker.walk()
        except Exception as error:  # told below
            errors.append(error)
    threads = [threading.Thread(target=walk, args=(walker,)) for walker in walkers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def one_machine(connection, number, totals):
    name, chance = f'machine_{number}', random.Random(SEED + number)
    machine = Machine(chance)
    adopt(connection, name, machine)
    walkers = [Walker(name, machine, chance.random()) for _ in range(CLIENTS)]
    errors = walk_all(walkers)
    steps = connection.execute(f'SELECT id, before, after FROM {name}_step').fetchall()
    illegal = [step for step in steps if not machine.legal(step[1], step[2])]
    wrong = [case for walker in walkers for case in walker.wrong]
    problems = {'errors': errors, 'illegal': illegal, 'wrong': wrong}
    tap.ok(not (errors or illegal or wrong), f'machine {number}: only declared transitions are committed, and all that are asked for',
           f'{machine.ways}\n{problems}')
    tap.equal(len(steps), sum(walker.committed for walker in walkers), f'machine {number}: what was acknowledged was committed')
    ended = dict(connection.execute(f'SELECT run_key, count(*) FROM ledger_entry WHERE run_table = %s AND action = %s GROUP BY 1',
                                    (f'public.{name}', 'ended')).fetchall())
    over = connection.execute(f'SELECT id::text FROM {name} WHERE status LIKE %s', ('over%',)).fetchall()
    tap.equal(ended, {key: 1 for key, in over}, f'machine {number}: each end is on the ledger, once')
    totals['moved'] += sum(before != after for _, before, after in steps)
    totals['refused'] += sum(walker.refused for walker in walkers)
    totals['ended'] += len(over)


def main():
    tap.diag(f'SEED={SEED}')
    totals = {'moved': 0, 'refused': 0, 'ended': 0}
    with psycopg.connect(autocommit=True) as connection:
        for number in range(MACHINES):
            one_machine(connection, number, totals)
    tap.diag(totals)
    tap.ok(all(count > MACHINES for count in totals.values()), 'there were transitions, refusals and ends', totals)


tap.run(main)
