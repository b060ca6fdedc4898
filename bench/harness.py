"""What the benchmarks share: the server, psql and pgbench, rounds in fresh order, medians and ratios."""

import os
import platform
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

BENCH = Path(__file__).resolve().parent


class Took(NamedTuple):
    us: float
    cpu: float


def run_with_server():
    """Starts the program anew beside a private server, unless it is already there."""
    if "BENCH_POSTMASTER" not in os.environ:
        server = str(BENCH / "with_server")
        os.execv(server, [server, *sys.argv])


def progress(text):
    print(text, file=sys.stderr, flush=True)


# ---- the server -------------------------------------------------------------------------------------------


def psql(sql, database="postgres", role=None):
    """Runs SQL, each statement in a transaction of its own, and returns what it printed."""
    command = ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", database, *(["-U", role] if role else [])]
    done = subprocess.run(command, input=sql, text=True, capture_output=True)
    if done.returncode != 0:
        sys.exit(f"psql failed: {done.stderr}\nin: {sql[:2000]}")
    return done.stdout.strip()


class Rate(NamedTuple):
    tps: float
    cpu: float  # microseconds of the server's processor time for each transaction, connecting included


def backends_cpu():
    """Microseconds that the server's backends have used, of those that have ended."""
    fields = Path(f"/proc/{os.environ['BENCH_POSTMASTER']}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK") * 1e6


def pgbench(script, transactions, clients=1, database="postgres", **variables):
    """Runs a script through prepared statements, each in a transaction of its own."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        options = ["-M", "prepared", "-f", file.name]
        for name, value in {"clients": clients, **variables}.items():
            options += ["-D", f"{name}={value}"]
        return run_pgbench(options, transactions, clients, database)


def run_pgbench(options, transactions, clients=1, database="postgres"):
    command = ["pgbench", "-n", "-c", str(clients), "-j", str(min(clients, 2)), "-t", str(transactions // clients)]
    time.sleep(0.1)  # for the backends of before to have gone
    before = backends_cpu()
    done = subprocess.run([*command, *options, database], text=True, capture_output=True)
    time.sleep(0.1)
    if done.returncode != 0 or "failed transactions: 0 " not in done.stdout:
        sys.exit(f"pgbench failed: {done.stdout}{done.stderr}\nin: {options}")
    tps = float(re.search(r"tps = ([\d.]+) \(without", done.stdout)[1])
    return Rate(tps, (backends_cpu() - before) / transactions)


def in_server(work, database="postgres", prepare=""):
    """Runs PL/pgSQL in one transaction; returns microseconds, and those of the processor for this backend.

    On a machine with other work, the processor's time says more.  The commit isn't part of either.
    """
    cpu = "split_part(pg_read_file('/proc/self/schedstat'), ' ', 1)::float8 / 1000"
    printed = psql(
        f"CREATE TEMPORARY TABLE took (us float8, cpu float8); {prepare}"
        f"DO $bench$ DECLARE us timestamptz := clock_timestamp(); cpu float8 := {cpu}; BEGIN {work};"
        f" INSERT INTO took VALUES (extract(epoch FROM clock_timestamp() - us) * 1e6, {cpu} - cpu); END $bench$;"
        f"SELECT us, cpu FROM took;",
        database,
    )
    wall, processor = printed.split("|")
    return Took(float(wall), float(processor))


def set_durable(durable):
    """With fsync off, what remains is the processor's work."""
    psql(f"ALTER SYSTEM SET fsync = {'on' if durable else 'off'}; SELECT pg_reload_conf();")


def restart(preload):
    """Starts the server anew, with or without the library in it from the beginning."""
    psql(f"ALTER SYSTEM SET shared_preload_libraries = {'retry_ledger' if preload else 'DEFAULT'};")
    data = Path(os.environ["BENCH_DATA"])
    command = ["pg_ctl", "-D", data, "-l", data.parent / "server.log", "-m", "fast", "-w", "restart"]
    done = subprocess.run(command, user=data.owner(), text=True, capture_output=True)
    if done.returncode != 0:
        sys.exit(f"pg_ctl failed: {done.stdout}{done.stderr}")
    os.environ["BENCH_POSTMASTER"] = (data / "postmaster.pid").read_text().split()[0]


# ---- an application's table of runs -----------------------------------------------------------------------

RUN_COLUMNS = """
  id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id     text NOT NULL,
  worker_id     text NOT NULL,
  task          text NOT NULL,
  status        text NOT NULL DEFAULT 'queued',
  error         text,
  progress      int,
  started_at    timestamptz,
  completed_at  timestamptz,
  parent_run_id uuid,
  attempt       int NOT NULL DEFAULT 1,
  is_retry      boolean NOT NULL DEFAULT false"""


SECOND_ROLE = "bench_second"  # who approves the release of a locked table


def install(database="postgres"):
    if psql(f"SELECT count(*) FROM pg_roles WHERE rolname = '{SECOND_ROLE}'") == "0":
        psql(f"CREATE ROLE {SECOND_ROLE} SUPERUSER LOGIN")
    psql(
        f"CREATE SCHEMA retry_ledger; CREATE EXTENSION retry_ledger SCHEMA retry_ledger;"
        f" ALTER DATABASE {database} SET search_path = public, retry_ledger;",
        database,
    )


def adopt(table, database="postgres"):
    psql(f"SELECT govern_runs('{table}');", database)


def drop_governed(table, database="postgres"):
    psql(f"SELECT release_governance('{table}', reason => 'benchmark');", database)
    psql(f"SELECT approve_release('{table}'); DROP TABLE {table};", database, role=SECOND_ROLE)


# ---- figures ----------------------------------------------------------------------------------------------


class Rounds:
    """Measures every variant once per round, in fresh order, so that what disturbs the machine meets all."""

    def __init__(self, variants, rounds):
        self.variants, self.rounds = list(variants), rounds
        self.values = {name: [] for name in self.variants}

    def measure(self, function, label):
        for number in range(1, self.rounds + 1):
            progress(f"{label}: round {number} of {self.rounds}")
            for name in random.sample(self.variants, len(self.variants)):
                self.values[name].append(function(name))
        return self

    def ratios(self, name, base, pick=lambda value: value):
        return [pick(a) / pick(b) for a, b in zip(self.values[name], self.values[base])]

    def differences(self, name, base, pick=lambda value: value):
        return [pick(a) - pick(b) for a, b in zip(self.values[name], self.values[base])]


def spread(values, form="{:.2f}"):
    """The median, then the least and the greatest."""
    middle, low, high = (form.format(v) for v in (statistics.median(values), min(values), max(values)))
    return f"{middle} ({low}–{high})"


def table(title, header, rows):
    """Prints a table that Markdown understands."""
    print(f"\n### {title}\n")
    print("| " + " | ".join(header) + " |")
    print("|" + " --- |" * len(header))
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")
    sys.stdout.flush()


def machine():
    def line(command, pattern):
        found = re.search(pattern, subprocess.run(command, text=True, capture_output=True).stdout, re.M)
        return found[1].strip() if found else "unknown"

    checkout = os.environ["BENCH_CHECKOUT"]
    memory = int(line(["cat", "/proc/meminfo"], r"^MemTotal: +(\d+)")) / 1024 / 1024
    commit = line(["git", "-C", checkout, "describe", "--always", "--dirty"], r"(.*)")
    settings = "fsync synchronous_commit full_page_writes shared_buffers max_wal_size wal_sync_method"
    print(f"commit:    {commit}")
    print(f"processor: {line(['lscpu'], r'^Model name: *(.*)')}, {os.cpu_count()} cores, {memory:.0f} GiB")
    print(f"system:    {platform.system()} {platform.release()}, load {os.getloadavg()[0]:.2f} at the start")
    print(f"server:    {line(['postgres', '--version'], r'(.*)')}")
    print(f"compiler:  {os.environ['BENCH_COMPILER']}")
    print("settings:  " + ", ".join(f"{name} {psql(f'SHOW {name}')}" for name in settings.split()))
    sys.stdout.flush()
