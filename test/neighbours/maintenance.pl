# What every database gets in its life: VACUUM, CLUSTER, REINDEX, ANALYZE, indexes made concurrently, and the harmless DDL.
# All of it passes on governed tables, on our own and on others, changes no fact and leaves the guards complete.
use strict;
use warnings;

use Neighbour;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_neighbour('maintenance');
adopt_tables($node);
my $space = $node->basedir . '/space';
mkdir $space;
sql($node, "CREATE TABLESPACE elsewhere LOCATION '$space'");
sql($node, 'CREATE ROLE somebody; GRANT CREATE ON SCHEMA public TO somebody; GRANT CREATE ON TABLESPACE elsewhere TO somebody');

my $facts = facts($node);

# Each passes, by itself: several can't run in a transaction.
sub all_pass {
	my ($what, $statements) = @_;
	is(refusals_of($node, $statements), '', "$what passes");
	is(facts($node), $facts, "$what changes no fact");
}

# On a governed table, a governed partition, one of our own tables and one of no concern.
for my $table ('runs', 'parts_old', 'flow_files', 'journal', 'retry_ledger.ledger_entry', 'retry_ledger.retry', 'plain')
{
	my ($schema, $name) = $table =~ /(.*)\.(.*)/ ? ("$1.", $2) : ('', $table);
	all_pass("maintenance of $table", <<"SQL");
VACUUM $table; VACUUM (FREEZE, ANALYZE) $table; VACUUM FULL $table; VACUUM (FULL, ANALYZE) $table; ANALYZE $table;
CLUSTER $table USING ${name}_pkey; CLUSTER $table; ALTER TABLE $table SET WITHOUT CLUSTER;
REINDEX TABLE $table; REINDEX TABLE CONCURRENTLY $table; REINDEX INDEX CONCURRENTLY ${schema}${name}_pkey;
ALTER TABLE $table SET (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.01); ALTER TABLE $table RESET (fillfactor);
ALTER TABLE $table SET TABLESPACE elsewhere; ALTER TABLE $table SET TABLESPACE pg_default;
REINDEX (TABLESPACE elsewhere, CONCURRENTLY) TABLE $table; VACUUM (FULL) $table;
ALTER TABLE $table REPLICA IDENTITY FULL; ALTER TABLE $table REPLICA IDENTITY DEFAULT;
GRANT SELECT ON $table TO somebody; REVOKE SELECT ON $table FROM somebody;
COMMENT ON TABLE $table IS 'looked after';
CREATE PUBLICATION tidings FOR TABLE $table; DROP PUBLICATION tidings;
SQL
}
all_pass('maintenance of a partitioned table', <<'SQL');
VACUUM parts; ANALYZE parts; REINDEX TABLE parts; REINDEX TABLE CONCURRENTLY parts;
CREATE INDEX parts_status ON ONLY parts (status); CREATE INDEX CONCURRENTLY parts_old_status ON parts_old (status);
CREATE INDEX CONCURRENTLY parts_new_status ON parts_new (status);
ALTER INDEX parts_status ATTACH PARTITION parts_old_status; ALTER INDEX parts_status ATTACH PARTITION parts_new_status; DROP INDEX parts_status;
SQL
all_pass('everything at once', <<'SQL');
VACUUM; VACUUM FULL; CLUSTER; ANALYZE; REINDEX SCHEMA CONCURRENTLY public; REINDEX SCHEMA CONCURRENTLY retry_ledger;
REINDEX DATABASE postgres; REINDEX SYSTEM postgres; ALTER TABLE ALL IN TABLESPACE elsewhere SET TABLESPACE pg_default;
ALTER INDEX ALL IN TABLESPACE elsewhere SET TABLESPACE pg_default; CHECKPOINT;
SQL
for my $table ('runs', 'flow_files', 'slips', 'plain')
{
	all_pass("indexes of $table", <<"SQL");
CREATE INDEX CONCURRENTLY some_index ON $table ((id % 7)); DROP INDEX CONCURRENTLY some_index;
CREATE UNIQUE INDEX CONCURRENTLY some_key ON $table (id); ALTER TABLE $table ADD CONSTRAINT some_key UNIQUE USING INDEX some_key;
ALTER TABLE $table DROP CONSTRAINT some_key; CREATE UNIQUE INDEX some_key ON $table (id); DROP INDEX CONCURRENTLY some_key;
CREATE STATISTICS some_statistics ON id, (id % 7) FROM $table; ANALYZE $table; DROP STATISTICS some_statistics;
ALTER TABLE $table ALTER COLUMN id SET STATISTICS 500; ALTER TABLE $table ADD CONSTRAINT some_check CHECK (id > 0) NOT VALID;
ALTER TABLE $table VALIDATE CONSTRAINT some_check; ALTER TABLE $table DROP CONSTRAINT some_check;
SQL
}
all_pass('what applications build on governed tables', <<'SQL');
CREATE TABLE notes (run_id bigint REFERENCES runs, note text); INSERT INTO notes VALUES (1, 'seen'); DROP TABLE notes;
CREATE VIEW failed_runs AS SELECT * FROM runs WHERE status = 'failed'; DROP VIEW failed_runs;
CREATE MATERIALIZED VIEW per_status AS SELECT status, count(*) FROM runs GROUP BY 1; REFRESH MATERIALIZED VIEW per_status; DROP MATERIALIZED VIEW per_status;
CREATE TABLE copied AS SELECT * FROM runs; DROP TABLE copied; CREATE TABLE alike (LIKE runs INCLUDING ALL); DROP TABLE alike;
CREATE FUNCTION looks() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER looks AFTER UPDATE ON runs
  FOR EACH ROW EXECUTE FUNCTION looks(); DROP TRIGGER looks ON runs; DROP FUNCTION looks;
ALTER TABLE runs OWNER TO somebody; ALTER TABLE runs OWNER TO CURRENT_USER;
CREATE EXTENSION pgcrypto; CREATE EXTENSION hstore; ALTER EXTENSION hstore SET SCHEMA retry_ledger; DROP EXTENSION hstore; DROP EXTENSION pgcrypto;
SQL

like(refusal_of($node, 'ALTER TABLE runs SET UNLOGGED'), qr/DDL_NOT_ALLOWED.*HINT/s, 'what would lose facts in a crash is refused, with what to do');

# The programs beside the server.
my @all = ('--all', '--quiet');
$node->command_ok([ 'vacuumdb', @all, '--analyze', '--jobs=2' ], 'vacuumdb');
$node->command_ok([ 'vacuumdb', @all, '--full' ], 'vacuumdb --full');
$node->command_ok([ 'clusterdb', @all ], 'clusterdb');
$node->command_ok([ 'reindexdb', @all, '--concurrently' ], 'reindexdb --concurrently');
sql($node, 'CREATE EXTENSION amcheck');
$node->command_ok([ 'pg_amcheck', '--all', '--heapallindexed', '--parent-check' ], 'pg_amcheck finds nothing wrong');
is(facts($node), $facts, 'the programs change no fact');

# A column that is added is no fact that is lost.
is(refusal_of($node, 'ALTER TABLE runs ADD COLUMN remark text; ALTER TABLE parts ADD COLUMN remark text DEFAULT NULL'), '', 'columns are added');
check_governed($node, 'at the end');

# What an extension has brought for a governed column is the extension's to bring up to date.
is(refusal_of($node, <<'SQL'), '', 'extensions whose types are governed are updated');
CREATE EXTENSION hstore VERSION '1.4'; CREATE EXTENSION citext VERSION '1.4'; CREATE EXTENSION ltree VERSION '1.1';
ALTER TABLE runs ADD COLUMN tags hstore, ADD COLUMN mail citext, ADD COLUMN path ltree;
CREATE INDEX ON runs USING gin (tags); CREATE INDEX ON runs (mail); CREATE INDEX ON runs USING gist (path);
ALTER EXTENSION hstore UPDATE; ALTER EXTENSION citext UPDATE; ALTER EXTENSION ltree UPDATE;
SQL
# As dumps do it, when PUBLIC has more than PostgreSQL gives it.
is(refusal_of($node, 'BEGIN; REVOKE USAGE ON SCHEMA public FROM PUBLIC; GRANT ALL ON SCHEMA public TO PUBLIC; COMMIT'), '', 'privileges on their schema are set anew');
like(refusal_of($node, 'REVOKE USAGE ON SCHEMA public FROM PUBLIC'), qr/PUBLIC can't lose USAGE on schema public: extension/, 'and not for good');
check_governed($node, 'at their newest');

# Others' databases and tables are of no concern.
sql($node, 'CREATE DATABASE other');
$node->command_ok([ 'pgbench', '--initialize', '--scale=1', '--quiet', 'other' ], 'pgbench makes its tables');
$node->command_ok([ 'pgbench', '--transactions=50', '--client=4', 'other' ], 'and runs on them');
is(refusal_of($node, "UPDATE plain SET what = 'y'; DELETE FROM plain WHERE id > 10; TRUNCATE plain; ALTER TABLE plain SET UNLOGGED, DISABLE TRIGGER ALL; DROP TABLE plain"),
	'', 'a table beside governed ones is as free as ever');
is(refusal_of($node, 'DROP DATABASE other'), '', 'a database without governance is dropped');

$node->stop;
done_testing();
