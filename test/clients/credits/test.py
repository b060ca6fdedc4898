"""Sixteen clients spend the last credits of one tenant at once, by retry_run, by hand and in bulk, while others grant and
give back: a balance never goes below zero, no credit is spent twice, and every charge has its retry."""
import json
import threading

import psycopg

import tap

CLIENTS = 16
PRICE = 3
TABLES = """
CREATE TABLE runs (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tenant_id text NOT NULL,
  status text NOT NULL DEFAULT 'queued', error text);
CREATE INDEX ON runs (tenant_id);
SELECT * FROM govern_runs('runs');
SELECT set_retry_policy('runs', price => %s, environment => 'staging');
"""


def connect(level='read committed'):
    connection = psycopg.connect(autocommit=True)
    connection.execute(f"SET default_transaction_isolation = '{level}'")
    return connection


def one(connection, sql, *parameters):
    return connection.execute(sql, parameters).fetchone()[0]


def at_once(works):
    """Runs each in a thread of its own, started together; what it returned, or its error."""
    results = [None] * len(works)
    start = threading.Barrier(len(works))

    def run(index, work):
        try:
            start.wait()
            results[index] = work()
        except Exception as error:  # told by the caller
            results[index] = error

    threads = [threading.Thread(target=run, args=item) for item in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def failed_runs(connection, tenant, count):
    connection.execute('INSERT INTO runs (tenant_id) SELECT %s FROM generate_series(1, %s)', [tenant, count])
    connection.execute("UPDATE runs SET status = 'failed', error = 'timeout' WHERE tenant_id = %s", [tenant])
    return [row[0] for row in connection.execute('SELECT id FROM runs WHERE tenant_id = %s ORDER BY id', [tenant])]


def grant(connection, tenant, amount, kind='purchased'):
    connection.execute("SELECT grant_credits(%s, %s::int, %s, expires_at => now() + interval '1 day')", [tenant, amount, kind])


def outcome(connection, sql, parameters):
    """'done', or the token of the refusal; 40001 under SERIALIZABLE is tried again."""
    while True:
        try:
            connection.execute(sql, parameters)
            return 'done'
        except psycopg.Error as error:
            if error.sqlstate == '40001':
                continue
            return error.diag.message_primary.split(':')[0]


def retry(connection, run):
    return outcome(connection, "SELECT retry_run(%s::bigint, run_table => 'runs')", [run])


def retry_by_hand(connection, run):
    return outcome(connection, 'INSERT INTO runs (tenant_id, parent_run_id) SELECT tenant_id, id FROM runs WHERE id = %s', [run])


def count_of(told):
    return {what: told.count(what) for what in sorted(set(told))}


def check_what_stands(connection, tenant, granted, name):
    """From the entries alone, in the order in which they were written."""
    entries = connection.execute("""SELECT grant_id, seq, kind, amount, remaining_before, remaining_after
        FROM retry_ledger.credit_entry WHERE tenant = %s ORDER BY grant_id, seq""", [tenant]).fetchall()
    left, problems, previous = 0, [], {}
    for grant_id, seq, kind, amount, before, after in entries:
        sign = -1 if kind in ('charge', 'lapse') else 1
        if before != previous.get(grant_id, (-1, 0))[1] or seq != previous.get(grant_id, (-1, 0))[0] + 1 \
                or after != before + sign * amount or after < 0:
            problems.append((str(grant_id), seq))
        previous[grant_id] = (seq, after)
        left += sign * amount
    tap.equal(problems, [], f'{name}: every entry continues the one before it, and none goes below zero')
    retries = one(connection, 'SELECT count(*) FROM runs WHERE tenant_id = %s AND is_retry', tenant)
    refunded = one(connection, "SELECT count(DISTINCT charge_id) FROM retry_ledger.credit_entry WHERE tenant = %s AND kind = 'refund'",
                   tenant)
    tap.equal(granted - left, PRICE * (retries - refunded), f'{name}: what is gone is what the retries cost')
    tap.equal(one(connection, 'SELECT total FROM retry_ledger.credit_balance WHERE tenant = %s', tenant), left,
              f'{name}: the balance is what the entries add up to')
    tap.equal(one(connection, """SELECT count(*) FROM runs r FULL JOIN (SELECT * FROM retry_ledger.run_credits WHERE tenant = %s) c
        ON c.run_id = r.id::text WHERE (r.is_retry AND r.tenant_id = %s AND c.credits IS DISTINCT FROM %s::bigint) OR r.id IS NULL""",
                  tenant, tenant, PRICE), 0, f'{name}: every retry has one charge, and every charge its retry')
    tap.equal(connection.execute('SELECT problem FROM verify_credits()').fetchall(), [], f'{name}: verify_credits finds nothing')
    return retries


def last_credits(connection, level):
    """There is enough for 20 of 64 retries."""
    tenant, name = f'last {level}', f'{CLIENTS} clients, {level}'
    runs = failed_runs(connection, tenant, 4 * CLIENTS)
    granted = 20 * PRICE + PRICE - 1
    grant(connection, tenant, 10, 'monthly')
    grant(connection, tenant, granted - 10)
    clients = [connect(level) for _ in range(CLIENTS)]
    works = [lambda c=c, part=runs[i::CLIENTS]: [(retry if (i + n) % 2 else retry_by_hand)(c, run) for n, run in enumerate(part)]
             for i, c in enumerate(clients)]
    results = at_once(works)
    tap.equal([str(r) for r in results if isinstance(r, Exception)], [], f'{name}: no client fails')
    told = [what for result in results for what in result]
    tap.equal(count_of(told), {'INSUFFICIENT_CREDITS': 44, 'done': 20}, f'{name}: 20 are paid, 44 are refused')
    tap.equal(check_what_stands(connection, tenant, granted, name), 20, f'{name}: 20 retries were born')


def refund(connection, tenant):
    """Gives back every charge that it sees, some of them at the same time as others do."""
    count = 0
    for (run,) in connection.execute('SELECT run_id FROM run_credits WHERE tenant = %s', [tenant]).fetchall():
        count += one(connection, "SELECT (decision = 'refunded')::int FROM refund_credits(%s, run_table => 'runs')", run)
    return count


def spending_granting_refunding(connection, round_):
    tenant, name = f'busy {round_}', f'spending, granting and refunding at once, round {round_}'
    runs = failed_runs(connection, tenant, 120)
    grant(connection, tenant, 50)
    grants = [7, 11, 13, 17]
    works = [lambda part=runs[i:60:8]: [retry(connect(), run) for run in part] for i in range(8)]
    works += [lambda: [one(connect(), 'SELECT rerun_failed_jobs(%s)', json.dumps({'tenant_id': tenant}))] for _ in range(2)]
    works += [lambda a=a: grant(connect(), tenant, a, 'monthly') for a in grants]
    works += [lambda: refund(connect(), tenant) for _ in range(2)]
    results = at_once(works)
    tap.equal([str(r) for r in results if isinstance(r, Exception)], [], f'{name}: no client fails')
    told = {what for result in results[:8] for what in result}
    tap.ok(told <= {'done', 'INSUFFICIENT_CREDITS', 'ALREADY_RETRIED'}, f'{name}: who is refused is told why', told)
    rest = sum(refund(connect(), tenant) for _ in range(2))
    check_what_stands(connection, tenant, 50 + sum(grants), name)
    tap.equal(one(connection, 'SELECT total FROM retry_ledger.credit_balance WHERE tenant = %s', tenant), 50 + sum(grants),
              f'{name}: when all is given back, all is there ({rest} at the end)')


def bulk(connection):
    """Each of the calls sees the same 100 jobs; there is enough for 30."""
    tenant, name = 'bulk', '8 bulk reruns of 100 jobs'
    failed_runs(connection, tenant, 100)
    grant(connection, tenant, 30 * PRICE)
    results = at_once([lambda: one(connect(), 'SELECT rerun_failed_jobs(%s)', json.dumps({'tenant_id': tenant})) for _ in range(8)])
    tap.equal([str(r) for r in results if isinstance(r, Exception)], [], f'{name}: no call fails')
    tap.equal(sum(answer['metadata']['rerunJobs'] for answer in results), 30, f'{name}: 30 are paid')
    reasons = {job['reasonCode'] for answer in results for job in answer['jobs'] if job['action'] == 'BLOCKED'}
    tap.equal(reasons, {'insufficient_credits'}, f'{name}: the others are blocked for want of credits')
    tap.equal(check_what_stands(connection, tenant, 30 * PRICE, name), 30, f'{name}: 30 retries were born')


def webhooks(connection):
    results = at_once([lambda: one(connect(), "SELECT grant_credits('webhook', 5, 'purchased', request_id => 'invoice 1')::text")
                       for _ in range(CLIENTS)])
    tap.equal(len(set(results)), 1, f'{CLIENTS} deliveries of one webhook grant once')
    check_what_stands(connection, 'webhook', 5, 'webhooks')


def main():
    connection = connect()
    connection.execute(TABLES % PRICE)
    for level in ('read committed', 'repeatable read', 'serializable'):
        last_credits(connection, level)
    for round_ in range(3):
        spending_granting_refunding(connection, round_)
    bulk(connection)
    webhooks(connection)


tap.run(main)
