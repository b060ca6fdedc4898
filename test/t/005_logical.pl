# Logical replication carries history: what was decided on the publisher is taken as found on a subscriber that governs
# the same tables, causes no second effect there, and is guarded there as everywhere.  With RETRY_LEDGER_PRELOAD in the
# environment both servers preload the library, so that the tables are locked.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $tables = <<'SQL';
CREATE SCHEMA retry_ledger; CREATE EXTENSION retry_ledger SCHEMA retry_ledger;
CREATE TABLE runs (id bigint PRIMARY KEY, status text NOT NULL, error text);
CREATE TABLE parts (id bigint, day date NOT NULL DEFAULT '2024-01-05', status text NOT NULL, PRIMARY KEY (id, day))
  PARTITION BY RANGE (day);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
SELECT govern_runs('runs');
SELECT govern_runs('parts', id_column => 'id');
CREATE TABLE flows (id bigint PRIMARY KEY, status text NOT NULL DEFAULT 'queued'
  CHECK (status IN ('queued', 'completed', 'completed_with_errors', 'failed')));
CREATE TABLE flow_files (id bigint PRIMARY KEY DEFAULT (random() * 1e15)::bigint, run_id bigint NOT NULL,
  file_index int NOT NULL, status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'completed', 'failed')),
  UNIQUE (run_id, file_index));
SELECT govern_runs('flows');
SELECT govern_files('flow_files', 'flows');
SQL

sub new_node {
	my ($name) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);
	$node->init(allows_streaming => 'logical');
	$node->append_conf('postgresql.conf', "shared_preload_libraries = 'retry_ledger'") if $ENV{RETRY_LEDGER_PRELOAD};
	$node->start;
	$node->safe_psql('postgres', 'ALTER DATABASE postgres SET search_path = public, retry_ledger');
	$node->safe_psql('postgres', $tables);
	return $node;
}
my $publisher = new_node('publisher');
my $subscriber = new_node('subscriber');

sub on_publisher { return $publisher->safe_psql('postgres', $_[0]) }
sub on_subscriber { return $subscriber->safe_psql('postgres', $_[0]) }
sub refused_there {
	my ($statement) = @_;
	my ($status, $out, $err) = $subscriber->psql('postgres', $statement);
	return $status == 0 ? '' : $err;
}

# Before the subscription: copied as it stands.
on_publisher(<<'SQL');
INSERT INTO runs SELECT i, 'queued' FROM generate_series(1, 10) i;
UPDATE runs SET status = 'failed', error = 'boom' WHERE id <= 5;
SELECT grant_credits(NULL, 5, 'monthly', expires_at => now() + interval '1 year');
SELECT set_retry_policy('runs', price => 2);
SELECT retry_run(1, run_table => 'runs', new_run_id => '101');
SQL
on_publisher('CREATE PUBLICATION history FOR TABLE runs, parts, retry_ledger.retry, retry_ledger.ledger_entry, retry_ledger.run_key,
  retry_ledger.request, retry_ledger.credit_entry, flows, flow_files, retry_ledger.file_count');
my $connection = $publisher->connstr . ' dbname=postgres';
on_subscriber("CREATE SUBSCRIPTION history CONNECTION '$connection' PUBLICATION history");
$subscriber->wait_for_subscription_sync($publisher, 'history');
is(on_subscriber('SELECT r FROM runs r ORDER BY id'), on_publisher('SELECT r FROM runs r ORDER BY id'), 'the copy has the runs');

# Afterwards: applied change by change.
on_publisher(<<'SQL');
SELECT retry_run(2, run_table => 'runs', new_run_id => '102', request_id => 'a click');
SELECT set_retry_policy('runs', clear => '{price}');
UPDATE runs SET status = 'failed' WHERE id = 102;
SELECT retry_run(102, run_table => 'runs', new_run_id => '103');
SELECT refund_credits(101, run_table => 'runs');
INSERT INTO runs (id, status, parent_run_id) VALUES (104, 'queued', 4);
INSERT INTO parts (id, status) SELECT i, 'queued' FROM generate_series(1, 5) i;
UPDATE parts SET status = 'failed';
SELECT retry_run(1, run_table => 'parts', new_run_id => '101');
INSERT INTO flows (id) VALUES (1), (2);
INSERT INTO flow_files (run_id, file_index) SELECT r, i FROM generate_series(1, 2) r, generate_series(1, 3) i;
UPDATE flow_files SET status = 'completed' WHERE file_index = 1;
UPDATE flow_files SET status = 'failed' WHERE file_index = 2;
UPDATE flow_files SET status = 'completed' WHERE run_id = 1 AND file_index = 3;
SELECT retry_failed_files(1, run_table => 'flows', new_run_id => '101');
SQL
$publisher->wait_for_catchup('history');
is(on_subscriber($_), on_publisher($_), "the same there: $_") for (
	'SELECT r FROM runs r ORDER BY id',
	'SELECT tableoid::regclass, p FROM parts p ORDER BY id',
	'SELECT r FROM retry r ORDER BY retry_id',
	'SELECT q FROM request q',
	'SELECT c FROM credit_entry c ORDER BY grant_id, seq',
	'SELECT monthly, total FROM credit_balance',
	"SELECT e FROM ledger_entry e WHERE action IN ('retried', 'ended') ORDER BY entry_id",
	'SELECT k FROM run_key k ORDER BY run_table, run_key',
	'SELECT f FROM flows f ORDER BY id',
	'SELECT f FROM flow_files f ORDER BY id',
	'SELECT c FROM file_count c ORDER BY run_table, run_key, counter',
	'SELECT p FROM workflow_progress p ORDER BY run_id');
is(on_subscriber("SELECT count(*) FROM ledger_entry WHERE run_table = 'public.flows' AND action = 'ended'"), '1',
	'a run that ended by its files has ended once, there as well');
is(on_subscriber('SELECT count(*) FROM ledger_entry e WHERE leaf_hash IS DISTINCT FROM ledger_leaf_hash(e)'), '0',
	'every leaf hash is right there');

is(on_subscriber("SELECT count(*), sum(remaining_after) FILTER (WHERE kind = 'refund') FROM credit_entry"), '4|3',
	'credits are taken as found: no birth is charged twice');
# Counted where it was decided: two servers that are scraped add up.
my $attempts = "SELECT sum(value) FROM retry_metrics WHERE metric = 'retry_attempts_total'";
is(on_publisher($attempts), on_publisher('SELECT count(*) FROM retry WHERE policy_hash IS NOT NULL'),
	'retries are counted on the publisher');
is(on_subscriber($attempts), '0', 'and not on the subscriber again');

# Guarded there as everywhere.
like(refused_there("UPDATE runs SET error = 'x' WHERE id = 1"), qr/PB-S1 VIOLATION/, "what ended can't be changed there");
like(refused_there('DELETE FROM runs WHERE id = 1'), qr/DELETE_VIOLATION/, 'nor deleted');
like(refused_there("SELECT retry_run(2, run_table => 'runs', new_run_id => '202')"), qr/ALREADY_RETRIED/,
	'what was retried there is retried here');
is(on_subscriber("SELECT replayed FROM retry_run(2, run_table => 'runs', new_run_id => '102', request_id => 'a click')"), 't',
	'a request that was answered there is answered here');
like(refused_there("INSERT INTO parts (id, day, status) VALUES (1, '2024-01-09', 'queued')"), qr/run_key/,
	'keys are unique over both');

# A subscriber that takes over has the counts: the last file ends its run there.
on_subscriber("UPDATE flow_files SET status = 'completed' WHERE run_id = 2 AND file_index = 3");
is(on_subscriber('SELECT status FROM flows WHERE id = 2'), 'completed_with_errors', 'the last file ends its run there');

# A change that breaks the rules, made on a publisher whose guards were switched off, stops there.
if ($ENV{RETRY_LEDGER_PRELOAD})
{
	is(on_publisher('SELECT DISTINCT level FROM guard_status()'), 'locked', 'tables are locked on the publisher');
	is(on_subscriber('SELECT DISTINCT level FROM guard_status()'), 'locked', 'and on the subscriber');
	$publisher->append_conf('postgresql.conf', "shared_preload_libraries = ''");
	$publisher->restart;
}
# What a subscription writes meets no check of privileges: catalogs, and our own tables where no superuser answers for them.
on_subscriber('CREATE ROLE writer');
like(refused_there('ALTER SUBSCRIPTION history OWNER TO writer'), qr/permission denied to (write table|change owner)/,
	'our own tables come by subscriptions of superusers only');
if ($ENV{RETRY_LEDGER_PRELOAD})
{
	on_publisher('SET allow_system_table_mods = on; ALTER TABLE pg_catalog.pg_seclabel RENAME TO pg_seclabel_before;
	  CREATE TABLE pg_catalog.pg_seclabel (objoid oid PRIMARY KEY); CREATE PUBLICATION catalogs FOR TABLE pg_catalog.pg_seclabel');
	like(refused_there("CREATE SUBSCRIPTION catalogs CONNECTION '$connection' PUBLICATION catalogs WITH (copy_data = false)"),
		qr/can't be written by hand|as logical replication target/, 'a subscription writes no catalogs');
	like(refused_there('ALTER SUBSCRIPTION history ADD PUBLICATION catalogs WITH (copy_data = false)'),
		qr/can't be written by hand|as logical replication target/, 'nor when it is altered');
}
my $before = on_subscriber('SELECT r FROM runs r WHERE id = 1');
on_publisher("SET session_replication_role = replica; ALTER EVENT TRIGGER $_ DISABLE")
  for split /\n/, on_publisher('SELECT quote_ident(evtname) FROM pg_event_trigger');
my $offset = -s $subscriber->logfile;
on_publisher("ALTER TABLE runs DISABLE TRIGGER ALL; UPDATE runs SET status = 'queued' WHERE id = 1");
$subscriber->wait_for_log(qr/PB-S1 VIOLATION/, $offset);
is(on_subscriber('SELECT r FROM runs r WHERE id = 1'), $before, 'history that was rewritten elsewhere is not taken over');

done_testing();
