# Where the library is preloaded, a refusal that is raised stays on the ledger: who tried what, in every database, over
# restarts, and what didn't get there is counted.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(allows_streaming => 1);
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'retry_ledger'\nmax_prepared_transactions = 5\n"
	  . "max_connections = 50\nautovacuum = off\nrestart_after_crash = on\nretry_ledger.refusal_queue_size = 100\n");
$node->start;

# A database with a governed table, the extension in a schema of its own choice.
sub make_database {
	my ($server, $database, $schema) = @_;
	$server->safe_psql('postgres', "CREATE DATABASE $database");
	$server->safe_psql('postgres', "ALTER DATABASE $database SET search_path = public, $schema");
	$server->safe_psql($database, <<"SQL");
CREATE SCHEMA $schema; CREATE EXTENSION retry_ledger SCHEMA $schema;
GRANT USAGE ON SCHEMA $schema TO PUBLIC;
CREATE TABLE runs (id int PRIMARY KEY, tenant_id text, status text NOT NULL);
SELECT govern_runs('runs');
INSERT INTO runs (id, tenant_id, status) SELECT i, 'acme', 'queued' FROM generate_series(1, 20) i;
UPDATE runs SET status = 'completed' WHERE id <= 10;
GRANT ALL ON runs TO PUBLIC;
SQL
}

# Runs SQL that is refused, as a client would; returns the error.
sub refused {
	my ($server, $database, $sql, @more) = @_;
	my ($status, $out, $err) = $server->psql($database, $sql, @more);
	return $err;
}

sub status_of {
	my ($server, $what) = @_;
	return $server->safe_psql('shop', "SELECT $what FROM refusal_queue_status()");
}

sub settle { # SERVER: until nothing waits
	my ($server) = @_;
	$server->poll_query_until('shop', 'SELECT waiting = 0 FROM refusal_queue_status()') or BAIL_OUT('refusals still wait');
}

# While this stands, nothing is written to the database's ledger: not even a restart ends it.
sub block { $node->safe_psql($_[0], "BEGIN; LOCK TABLE ledger_entry; PREPARE TRANSACTION 'block'") }
sub unblock { $node->safe_psql($_[0], "ROLLBACK PREPARED 'block'") }

my $entry = "concat_ws('|', reason_code, run_table, run_key, tenant, session_role, acting_role)";
sub entries { return $node->safe_psql('shop', "SELECT $entry FROM ledger_entry WHERE action = 'refused' ORDER BY entry_id") }
sub count { # DATABASE [CONDITION]
	my ($database, $condition) = @_;
	return $node->safe_psql($database, "SELECT count(*) FROM ledger_entry WHERE action = 'refused' AND " . ($condition // 'true'));
}

$node->safe_psql('postgres', 'CREATE ROLE app LOGIN; CREATE ROLE worker; GRANT worker TO app; CREATE ROLE other LOGIN');
make_database($node, 'shop', 'retry_ledger');
is(status_of($node, 'queue_size'), '100', 'the queue has the size that was set');

# ---- what is kept ----

my $before = count('shop');
like(refused($node, 'shop', "SET ROLE worker; SET application_name = 'sneaky'; SET retry_ledger.actor = 'mallory';
	UPDATE runs SET status = 'queued' WHERE id = 3", extra_params => [ '-U', 'app' ]), qr/PB-S1 VIOLATION/, 'a mutation is refused');
settle($node);
is(entries(), 'PB-S1 VIOLATION|public.runs|3|acme|app|worker', 'and on the ledger, with who tried');
is($node->safe_psql('shop', "SELECT concat_ws('|', application_name, claimed_actor, evidence->>'sqlstate', evidence->>'function',
	evidence->>'message' LIKE 'PB-S1 VIOLATION: Cannot mutate completed/failed/% runs', evidence #>> '{detail,current_status}', (evidence->>'raised_at')::timestamptz <= recorded_at,
	leaf_hash = ledger_leaf_hash(e)) FROM ledger_entry e WHERE action = 'refused'"),
	'sneaky|mallory|23R01|guard_change|t|completed|t|t',
	'what, by which guard, when, and an entry that can be verified');

my @attempts = (
	[ 'DELETE FROM runs WHERE id = 4', 'DELETE_VIOLATION|public.runs|4|acme|postgres|postgres' ],
	[ 'TRUNCATE runs', 'TRUNCATE_VIOLATION|public.runs|postgres|postgres' ],
	[ "INSERT INTO runs (id, tenant_id, status) VALUES (30, 'acme', 'completed')", 'BIRTH_VIOLATION|public.runs|30|acme|postgres|postgres' ],
	[ "UPDATE runs SET tenant_id = 'evil' WHERE id = 11", 'LINEAGE_VIOLATION|public.runs|11|acme|postgres|postgres' ],
	[ 'ALTER TABLE runs DISABLE TRIGGER ALL', 'DDL_NOT_ALLOWED|public.runs|postgres|postgres' ],
	[ "SELECT retry_run(1, run_table => 'runs')", 'RETRY_NOT_ALLOWED_STATE|public.runs|1|acme|postgres|postgres' ],
	[ "SELECT retry_run(11, run_table => 'runs')", 'JOB_ALREADY_RUNNING|public.runs|11|acme|postgres|postgres' ],
	[ "SELECT retry_run(999, run_table => 'runs')", 'RUN_NOT_FOUND|public.runs|999|postgres|postgres' ],
	[ "INSERT INTO runs (id, tenant_id, status, parent_run_id) VALUES (31, 'acme', 'queued', 1)",
		'RETRY_NOT_ALLOWED_STATE|public.runs|1|acme|postgres|postgres' ],
	[ "SELECT rerun_run('5')", 'RERUN_GONE|5|postgres|postgres' ],
	[ "DELETE FROM retry_ledger.ledger_entry", 'DDL_NOT_ALLOWED|retry_ledger.ledger_entry|postgres|postgres' ],
	# No client sees this one.
	[ "DO \$\$ BEGIN DELETE FROM runs WHERE id = 7; EXCEPTION WHEN OTHERS THEN NULL; END \$\$", 'DELETE_VIOLATION|public.runs|7|acme|postgres|postgres' ],
	[ 'BEGIN; SAVEPOINT a; DELETE FROM runs WHERE id = 8; ROLLBACK TO a; COMMIT', 'DELETE_VIOLATION|public.runs|8|acme|postgres|postgres' ]);
for my $attempt (@attempts)
{
	my ($sql, $expected) = @$attempt;
	my $seen = count('shop');
	$node->psql('shop', $sql, on_error_stop => 0);
	settle($node);
	is($node->safe_psql('shop', "SELECT count(*) OVER () || ' ' || $entry FROM (
		SELECT * FROM ledger_entry WHERE action = 'refused' ORDER BY entry_id OFFSET $seen) e"), "1 $expected", "kept, once: $sql");
}

# ---- what isn't ----

my @not_raised = (
	[ "SELECT retry_run(2, run_table => 'runs', on_refusal => 'record')", 1, 'a recorded refusal isn\'t recorded twice' ],
	[ "SELECT count(*) FROM verify_installation('runs')", 0, 'trials of ours are no attempts' ],
	[ "DO \$\$ BEGIN RAISE 'PB-S1 VIOLATION: forged' USING ERRCODE = '23R01'; END \$\$", 0, 'no RAISE makes an entry' ],
	[ "DO \$\$ BEGIN RAISE 'RERUN_GONE: forged' USING ERRCODE = 'PT410'; END \$\$", 0, 'whatever its code' ],
	[ 'SELECT 1/0', 0, 'nor does another error' ]);
for my $statement (@not_raised)
{
	my ($sql, $expected, $name) = @$statement;
	my $seen = count('shop');
	$node->psql('shop', $sql);
	settle($node);
	is(count('shop') - $seen, $expected, $name);
}

# An application's trigger says what a refusal of ours would, to a call of ours that catches and raises it again.
$node->safe_psql('shop', <<'SQL');
CREATE TABLE jobs (id int PRIMARY KEY, status text NOT NULL);
CREATE FUNCTION forge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NEW.parent_run_id IS NULL THEN RETURN NEW; END IF;
	RAISE 'PB-S1 VIOLATION: forged' USING ERRCODE = '23R01', DETAIL = '{}';
END $$;
CREATE TRIGGER a_forge BEFORE INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION forge();
SELECT govern_runs('jobs');
INSERT INTO jobs (id, status) VALUES (1, 'queued');
UPDATE jobs SET status = 'failed';
SQL
my $seen = count('shop');
like(refused($node, 'shop', "SELECT retry_run(1, run_table => 'jobs', new_run_id => '2', on_refusal => 'record')"), qr/forged/,
	'an error of the application comes through');
settle($node);
is(count('shop') - $seen, 0, 'and is no refusal of ours');

# Texts are bounded, and cut between characters.
my $long = "\x{c3}\x{a4}" x 5000;
refused($node, 'shop', "SELECT retry_run('$long', run_table => 'runs')");
refused($node, 'shop', "SELECT retry_run(1, run_table => 'runs', reason => repeat('ä', 100000))");
refused($node, 'shop', "INSERT INTO runs (id, tenant_id, status) VALUES (40, repeat('ä', 5000), 'gone')");
settle($node);
is(count('shop') - $seen, 3, 'oversized attempts are on the ledger');
is($node->safe_psql('shop', "SELECT max(length(evidence::text)) < 8000, max(octet_length(run_key)) < 512 FROM ledger_entry"),
	't|t', 'with texts of a bounded size');
is($node->safe_psql('shop', "SELECT octet_length(tenant), tenant = repeat('ä', 254) || '...' FROM ledger_entry WHERE run_key = '40'"),
	'511|t', 'that are cut between characters, and say so');

# ---- a full queue ----

block('shop');
my $dropped = status_of($node, 'dropped');
my ($written, $waiting) = (status_of($node, 'written'), status_of($node, 'waiting'));
is($waiting, '0', 'nothing waits yet');
my $flood = "DELETE FROM runs;\n" x 80;
$node->psql('shop', $flood, on_error_stop => 0, extra_params => [ '-U', 'app' ]);
is(status_of($node, "concat_ws(' ', waiting, dropped - $dropped)"), '50 30', 'a role that floods the queue gets half of it');
$node->psql('shop', "DELETE FROM runs;\n" x 10, on_error_stop => 0, extra_params => [ '-U', 'other' ]);
is(status_of($node, "concat_ws(' ', waiting, dropped - $dropped)"), '60 30', 'and others still have room');
make_database($node, 'second', 'audit');
$node->psql('second', "DELETE FROM runs;\n" x 30, on_error_stop => 0, extra_params => [ '-U', 'other' ]);
$node->poll_query_until('second', "SELECT count(*) = 30 FROM ledger_entry WHERE action = 'refused'");
is(count('second', "session_role = 'other'"), '30', 'another database is written to meanwhile');
is(status_of($node, 'waiting'), '60', 'while this one still waits');
is(status_of($node, 'oldest_waiting BETWEEN now() - interval \'1 h\' AND now()'), 't', 'since when is known');
$node->psql('shop', "DELETE FROM runs;\n" x 60, on_error_stop => 0);
is(status_of($node, "concat_ws(' ', waiting, dropped - $dropped)"), '100 50', 'a full queue takes no more, and counts it');
like(refused($node, 'shop', 'DELETE FROM runs'), qr/DELETE_VIOLATION/, 'what is dropped is refused all the same');
unblock('shop');
settle($node);
is(status_of($node, "concat_ws(' ', written - $written, dropped - $dropped)"), '130 51', 'what waited was written, each once');
is(count('shop', "session_role = 'app' AND reason_code = 'DELETE_VIOLATION'"), '50', 'as many as the role had in the queue');

# ---- a restart ----

block('shop');
$seen = count('second');
refused($node, 'shop', "UPDATE runs SET status = 'queued' WHERE id = $_") for 5 .. 7;
is(status_of($node, 'waiting'), '3', 'three wait');
my $counters = status_of($node, "concat_ws(' ', written, dropped, discarded, waiting)");
my $file = $node->data_dir . '/pg_stat/retry_ledger.refusals';
$node->stop('fast');
ok(-s $file, 'what waits is saved when the server stops');
$node->start;
ok(!-e $file, 'and taken up when it starts');
is(status_of($node, "concat_ws(' ', written, dropped, discarded, waiting)"), $counters, 'as are the counters');
unblock('shop');
settle($node);
is(count('shop', "reason_code = 'PB-S1 VIOLATION' AND run_key IN ('5', '6', '7') AND
	(evidence->>'raised_at')::timestamptz < pg_postmaster_start_time()"), '3', 'and on the ledger after it');
is(count('second'), $seen, 'nothing is written twice, or to another database');

$node->stop('fast');
unlink $file;
append_to_file($file, 'no file of ours');
$node->start;
like(slurp_file($node->logfile), qr/ignoring file "pg_stat\/retry_ledger.refusals": it is damaged/, 'a file that is damaged is ignored');
is(status_of($node, 'waiting'), '0', 'and nothing taken from it');

# ---- a crash ----

block('shop');
refused($node, 'shop', 'DELETE FROM runs');
$seen = count('second');
$node->stop('immediate');
ok(!-e $file, 'nothing is saved of a memory that a crash may have damaged');
$node->start;
is(status_of($node, "concat_ws(' ', waiting, written, dropped, discarded)"), '0 0 0 0', 'a crash loses what waits, and the counters');
unblock('shop');
refused($node, 'shop', 'DELETE FROM runs WHERE id = 9');
settle($node);
is(count('shop', "run_key = '9'"), '1', 'after it refusals are kept as before');

# One process that dies takes the others along.
my $server_pid = $node->safe_psql('shop', "SELECT pid FROM pg_stat_activity WHERE backend_type = 'retry_ledger launcher'");
kill 'KILL', $server_pid;
$node->poll_query_until('shop', "SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'retry_ledger launcher' AND pid <> $server_pid");
refused($node, 'shop', 'DELETE FROM runs WHERE id = 10');
settle($node);
is(count('shop', "run_key = '10'"), '1', 'also after the crash of a single process');

# ---- many databases, and ones that go ----

my @many = map { "many$_" } 1 .. 5;
make_database($node, $_, "ledger_of_$_") for @many;
for my $database (@many) { refused($node, $database, 'DELETE FROM runs WHERE id = 1') for 1 .. 3 }
settle($node);
is(join(' ', map { count($_) } @many), join(' ', (3) x @many), 'each database gets its own, in whichever schema the ledger is');
$node->poll_query_until('postgres', "SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'retry_ledger writer'");
is($node->safe_psql('postgres', "SELECT string_agg(backend_type, ',') FROM pg_stat_activity WHERE backend_type LIKE 'retry_ledger%'"),
	'retry_ledger launcher', 'writers leave when there is nothing to do');

# Only a database that governs nothing can be dropped just like that.
sub make_bare {
	$node->safe_psql('postgres', "CREATE DATABASE $_[0]");
	$node->safe_psql($_[0], 'CREATE EXTENSION retry_ledger');
}
make_bare("gone$_") for 1 .. 3;
like(refused($node, 'gone1', "SELECT rerun_run('1')"), qr/RERUN_GONE/, 'refused in a database without governed tables');
$node->safe_psql('postgres', 'DROP DATABASE gone1');
pass('a writer keeps no database from being dropped');

settle($node);  # what gone1 has left is counted by now
my ($discarded, $seen_to) = (status_of($node, 'discarded'), status_of($node, 'written + discarded'));
my $holder = $node->background_psql('gone2');
$holder->query_safe('BEGIN; LOCK TABLE ledger_entry');
refused($node, 'gone2', "SELECT rerun_run('$_')") for 1 .. 4;
$node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE datname = 'gone2' AND wait_event_type = 'Lock'");
$node->safe_psql('postgres', 'DROP DATABASE gone2 WITH (FORCE)');
settle($node);
# The lock goes with its holder: the writer may just write what it has taken, if it isn't terminated before.
cmp_ok(status_of($node, 'discarded'), '>', $discarded, 'what waits for a database that is dropped is counted');
is(status_of($node, 'written + discarded') - $seen_to, '4', 'and nothing is left');
eval { $holder->quit };

# Nobody to write: all processes are taken.
$node->append_conf('postgresql.conf', "max_worker_processes = 1\nmax_logical_replication_workers = 0\n");
$node->restart;
make_bare('bare');
refused($node, $_, "SELECT rerun_run('3')") for 'bare', 'gone3';
refused($node, 'shop', 'DELETE FROM runs WHERE id = 20');
$discarded = status_of($node, 'discarded');
is(status_of($node, 'waiting'), '3', 'without a background worker to be had, refusals wait');
$node->safe_psql('bare', 'DROP EXTENSION retry_ledger');
$node->safe_psql('postgres', 'DROP DATABASE gone3');
$node->append_conf('postgresql.conf', "max_worker_processes = 8\n");
$node->restart;
settle($node);
is(status_of($node, 'discarded') - $discarded, '2', 'those of a database or an extension that is gone are let go, and counted');
is(count('shop', "run_key = '20'"), '1', 'the others are written');

# ---- a ledger that can't be written for a while ----

$written = status_of($node, 'written');
$node->safe_psql('shop', "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'retry_ledger writer'");
block('shop');
refused($node, 'shop', 'DELETE FROM runs WHERE id = 19');
$node->poll_query_until('shop', "SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'retry_ledger writer' AND wait_event_type = 'Lock'");
$node->safe_psql('shop', "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'retry_ledger writer'");
unblock('shop');
settle($node);
is(count('shop', "run_key = '19'"), '1', 'a writer that is terminated is replaced, and nothing is lost');

# What is set for the database or for everybody stops no writer: it waits as long as it must.
my $waiting_writer = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'retry_ledger writer' AND wait_event_type = 'Lock'";
my @timeouts = ('lock_timeout', $node->safe_psql('postgres', "SELECT name FROM pg_settings WHERE name = 'transaction_timeout'") || ());
$node->safe_psql('postgres', join(';', "ALTER ROLE ALL SET default_transaction_isolation = 'serializable'",
	map { "ALTER DATABASE shop SET $_ = '100ms'" } @timeouts));
{
	local $ENV{PGOPTIONS} = join(' ', map { "-c $_=0" } @timeouts);
	$node->safe_psql('shop', "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'retry_ledger writer'");
	block('shop');
	refused($node, 'shop', 'DELETE FROM runs WHERE id = 18');
	$node->poll_query_until('shop', $waiting_writer =~ s/SELECT pid/SELECT count(*) = 1/r);
	my $writer = $node->safe_psql('shop', $waiting_writer);
	is($node->safe_psql('shop', "SELECT pg_sleep(0.3)\\; $waiting_writer"), "\n$writer", 'timeouts that are set for the database are none of the writer');
	unblock('shop');
	settle($node);
	is(count('shop', "run_key = '18'"), '1', 'and what waited is written');
	$node->safe_psql('postgres', join(';', 'ALTER ROLE ALL RESET ALL', map { "ALTER DATABASE shop RESET $_" } @timeouts));
}

# ---- who may see it ----

like(refused($node, 'shop', 'SELECT refusal_queue_status()', extra_params => [ '-U', 'app' ]), qr/permission denied for function/,
	'the status is for pg_monitor');
is($node->safe_psql('shop', 'SET ROLE pg_monitor; SELECT queue_size FROM refusal_queue_status()'), '100', 'who may call it');

# ---- a standby ----

$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
like(refused($standby, 'shop', "SELECT rerun_run('77')"), qr/RERUN_GONE/, 'refused on a standby');
is(status_of($standby, 'waiting'), '1', 'it waits there: nothing can be written');
is($standby->safe_psql('shop', "SELECT count(*) FROM pg_stat_activity WHERE backend_type LIKE 'retry_ledger%'"), '0',
	'and nobody tries to');
settle($node);
is(count('shop', "run_key = '77'"), '0', 'nor is it on the primary\'s ledger');
$standby->promote;
settle($standby);
is($standby->safe_psql('shop', "SELECT count(*) FROM ledger_entry WHERE action = 'refused' AND run_key = '77'"), '1',
	'after its promotion it is written');
$standby->stop;

# ---- turned off ----

for my $setting ('retry_ledger.refusal_queue_size = 0', "shared_preload_libraries = ''")
{
	$node->append_conf('postgresql.conf', $setting);
	$node->restart;
	$seen = count('shop');
	like(refused($node, 'shop', 'DELETE FROM runs'), qr/^psql:.*ERROR: /, "refused with $setting");
	is(status_of($node, "concat_ws(' ', queue_size, waiting, oldest_waiting IS NULL)"), '0 0 t', 'there is no queue');
	is(count('shop'), $seen, 'and no entry');
}

$node->stop;
done_testing();
