# A physical standby: history is read there, retrying is refused for a clear reason, and after promotion all goes on.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);
$primary->start;
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;

# All of it by streaming: adoption, retries, a policy.
$primary->safe_psql('postgres', 'ALTER DATABASE postgres SET search_path = public, retry_ledger');
$primary->safe_psql('postgres', <<'SQL');
CREATE SCHEMA retry_ledger; CREATE EXTENSION retry_ledger SCHEMA retry_ledger;
CREATE TABLE other (id int);
CREATE TABLE runs (id int PRIMARY KEY, tenant_id text, status text NOT NULL, error text);
SELECT govern_runs('runs');
INSERT INTO runs (id, tenant_id, status) SELECT i, 'a', 'queued' FROM generate_series(1, 5) i;
UPDATE runs SET status = 'failed', error = 'broken';
SELECT retry_run(1, run_table => 'runs', new_run_id => '101');
UPDATE runs SET status = 'failed' WHERE id = 101;
SELECT retry_run(101, run_table => 'runs', new_run_id => '201');
SQL
$primary->wait_for_catchup($standby);

for my $query ('SELECT h FROM retry_history h ORDER BY h::text', 'SELECT h FROM runs_retry_history h ORDER BY h::text',
	'SELECT l FROM retry_lineage(201) l', 'SELECT p FROM plan_retry(2) p', 'SELECT t FROM retry_tree(1) t', 'SELECT g FROM governed_tables g',
	'SELECT e FROM ledger_entry e ORDER BY entry_id', 'SELECT s FROM guarded_state s ORDER BY title, aspect',
	'SELECT m FROM retry_metrics m ORDER BY m::text', "SELECT value FROM retry_metrics WHERE metric = 'retry_attempts_total'")
{
	my $expected = $primary->safe_psql('postgres', $query);
	isnt($expected, '', "there is something to read: $query");
	is($standby->safe_psql('postgres', $query), $expected, 'and it reads the same on the standby');
}
is($standby->safe_psql('postgres', 'SELECT count(*) FROM ledger_entry e WHERE leaf_hash IS DISTINCT FROM ledger_leaf_hash(e)'),
	'0', 'hashes can be verified on the standby');

for my $statement ("SELECT retry_run(2, run_table => 'runs', new_run_id => '102')",
	"INSERT INTO runs (id, status, parent_run_id) VALUES (102, 'queued', 2)", "SELECT govern_append_only('other')",
	"SELECT set_retry_policy('runs', max_attempts => 2)", "SELECT accept_ddl('runs', 'ALTER TABLE runs ENABLE ROW LEVEL SECURITY', 'x')",
	'DROP TABLE runs', 'SELECT fold_retry_metrics()')
{
	my ($status, $out, $err) = $standby->psql('postgres', $statement);
	isnt($status, 0, "refused on the standby: $statement");
	like($err, qr/read-only transaction|during recovery/, 'for a clear reason');
}

$primary->stop;
$standby->promote;
is($standby->safe_psql('postgres', "SELECT attempt FROM retry_run(2, run_table => 'runs', new_run_id => '102')"), '2',
	'after promotion retrying goes on');
my ($status, $out, $err) = $standby->psql('postgres', "SELECT retry_run(1, run_table => 'runs', new_run_id => '103')");
like($err, qr/ALREADY_RETRIED/, 'what was retried stays retried');
($status, $out, $err) = $standby->psql('postgres', "UPDATE runs SET error = NULL WHERE id = 1");
like($err, qr/PB-S1 VIOLATION/, 'guards hold');
($status, $out, $err) = $standby->psql('postgres', 'ALTER TABLE runs DISABLE TRIGGER USER');
like($err, qr/DDL_NOT_ALLOWED/, 'against DDL as well');

done_testing();
