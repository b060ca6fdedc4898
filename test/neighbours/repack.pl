# pg_repack rewrites tables while they are used: it copies the rows into a table of its own, keeps up by a trigger, and
# exchanges the files below both.  Guarded tables keep their guards and every row, also those written meanwhile.  Our own
# tables are written below triggers, so pg_repack would lose what is written meanwhile: it is refused there.  So it is on
# locked tables, whose rows whoever alters the copy in between would have rewritten.
use strict;
use warnings;

use Crash;
use Neighbour;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_neighbour('repack');
skip_without($node, 'pg_repack');
sub preload { $node->append_conf('postgresql.conf', "shared_preload_libraries = '$_[0]'"); $node->restart }
# Adopted on a server that doesn't preload the library: guarded.
preload('');
adopt_tables($node);
preload('retry_ledger');
is(sql($node, 'SELECT DISTINCT level FROM guard_status()'), 'guarded', 'the tables are guarded');
sql($node, 'CREATE EXTENSION pg_repack');
# Rows that are no more than bloat: versions of runs that haven't ended.
sql($node, "UPDATE runs SET pad = repeat('y', 300) WHERE status <> 'failed'") for 1 .. 5;
my $facts = facts($node);

sub repack { return $node->command_ok([ 'pg_repack', '--dbname=postgres', @{ $_[1] } ], $_[0]) }

sub file_of { return sql($node, "SELECT pg_relation_filenode('$_[0]')") }

for my $table ('runs', 'parts_old', 'flows', 'flow_files', 'journal', 'slips', 'plain')
{
	my $file = file_of($table);
	repack("pg_repack of $table", [ '--table', $table ]);
	isnt(file_of($table), $file, "$table is in another file");
}
is(facts($node), $facts, 'with the same rows everywhere');
check_governed($node, 'repacked');

repack('in another order', [ '--table=runs', '--order-by=status' ]);
repack('a partitioned table', ['--parent-table=parts']);
repack('two jobs', [ '--table=runs', '--jobs=2', '--no-order' ]);
$facts = facts($node);
repack('indexes alone', [ '--table=runs', '--only-indexes' ]);
repack('indexes of keys of two columns', [ '--table=flow_files', '--only-indexes' ]);
$node->command_fails_like([ 'pg_repack', '--dbname=postgres', '--table=retry_ledger.ledger_entry' ], qr/DDL_NOT_ALLOWED.*HINT/s,
	'our own tables are refused, with what to do');
repack('everything else in the database', ['--exclude-extension=retry_ledger']);
is(facts($node), $facts, 'no fact has changed');
is(sql($node, "SELECT relname FROM pg_class WHERE relnamespace = 'repack'::regnamespace AND relname ~ '^(log|table)_\\d+'"), '', 'nothing is left over');
is(sql($node, "SELECT tgrelid::regclass, tgname FROM pg_trigger WHERE tgname = 'repack_trigger'"), '', 'nor a trigger');
check_governed($node, 'all repacked');

# While runs end, are retried and handed out.
my $script = join('', map { "UPDATE runs SET status = 'failed' WHERE id = $_ RETURNING 'ended', id, status;
SELECT 'retried', original_run_id, retry_run_id FROM retry_run($_, run_table => 'runs');\n" } 301 .. 1000);
my $worker = "SELECT 'claimed', job_id, fence FROM claim_work('work', 'w', 1);\n" x 300;
my @clients = map { start_client($node, $_) } $script, $worker;
repack("under load $_", [ '--table=runs', '--no-order' ]) for 1 .. 2;
my @told = finish_clients(@clients);
cmp_ok(scalar(@told), '>', 1400, 'there was load: ' . @told . ' facts');  # each end and each retry, and claims as they come
sql($node, 'CREATE TABLE said (what text, id text, more text)');
sql($node, 'INSERT INTO said VALUES ' . join(', ', map { "('$_->[0]', '$_->[1]', '$_->[2]')" } grep { @$_ == 3 } @told));
is(sql($node, "SELECT what, id FROM said s WHERE CASE what
	WHEN 'ended' THEN NOT EXISTS (SELECT FROM runs WHERE id = s.id::bigint AND status = s.more)
	WHEN 'retried' THEN NOT EXISTS (SELECT FROM retry t JOIN runs r ON r.id::text = t.retry_key WHERE t.parent_key = s.id AND t.retry_key = s.more)
	ELSE NOT EXISTS (SELECT FROM work_item WHERE job_id = s.id AND fence = s.more::bigint) END"), '', 'each of them is there');
is(sql($node, "SELECT count(*) FROM runs r WHERE status = 'failed' AND 1 <> (SELECT count(*) FROM ledger_entry
	WHERE run_key = r.id::text AND run_table = 'public.runs' AND action = 'ended')"), '0', 'each end is on the ledger once');
is(sql($node, 'SELECT count(*) FROM verify_credits()'), '0', 'the credits add up');
check_governed($node, 'repacked under load');

# ---- Locked: refused, and nothing is left behind; other tables of the database go on being repacked.
sql($node, 'SELECT lock_governance(run_table) FROM governed_tables');
is(sql($node, 'SELECT DISTINCT level, complete FROM guard_status()'), 'locked|t', 'now the tables are locked');
$facts = facts($node);
my $left = "SELECT oid::regclass FROM pg_class WHERE relnamespace = 'repack'::regnamespace AND relname ~ '^(log|table|index)_\\d+'
	UNION ALL SELECT tgrelid::regclass FROM pg_trigger WHERE tgname = 'repack_trigger'";
for my $table ('runs', 'parts_old', 'flow_files', 'journal')
{
	$node->command_fails_like([ 'pg_repack', '--dbname=postgres', "--table=$table" ],
		qr/DDL_NOT_ALLOWED: the files of .* can't be exchanged.*HINT.*VACUUM FULL/s, "locked: no pg_repack of $table");
}
$node->command_fails_like([ 'pg_repack', '--dbname=postgres', '--table=runs', '--only-indexes' ], qr/DDL_NOT_ALLOWED/, 'nor of its indexes');
is(sql($node, $left), '', 'nothing is left over');
my $file = file_of('plain');
repack('a table that is nobody\'s concern', ['--table=plain']);
isnt(file_of('plain'), $file, 'it is in another file');
# By hand, as pg_repack does it, with a copy that says something else; also by a function of another name, and in a savepoint.
sub copy_of {
	my ($table) = @_;
	my $copy = 'repack.table_' . sql($node, "SELECT '$table'::regclass::oid");
	return "CREATE TABLE $copy AS SELECT * FROM $table; " . sql($node, "SELECT string_agg(regexp_replace(pg_get_indexdef(indexrelid),
		'INDEX \\S+ ON \\S+', format('INDEX index_%s ON $copy', indexrelid)) || '; ', '') FROM pg_index WHERE indrelid = '$table'::regclass");
}
my $oid = sql($node, "SELECT 'runs'::regclass::oid");
for my $swap ("SELECT repack.repack_swap($oid)", "SAVEPOINT s; SELECT repack.repack_swap($oid); RELEASE s",
	"CREATE FUNCTION harmless(oid) RETURNS void LANGUAGE C AS '\$libdir/pg_repack', 'repack_swap'; SELECT harmless($oid)",
	"SELECT repack.repack_swap($oid); SELECT repack.repack_swap('plain'::regclass)")
{
	my $error = refusal_of($node, 'BEGIN; ' . copy_of('runs') . copy_of('plain') . "UPDATE repack.table_$oid SET error = 'forged'; $swap; COMMIT");
	like($error, qr/DDL_NOT_ALLOWED: (the files of .* can't be exchanged|cannot create or replace function)/, "locked: $swap");
}
# Until the files are exchanged back, those of the table are the copy's, which nobody guards.
for my $write ("DELETE FROM repack.table_$oid", "WITH d AS (DELETE FROM repack.table_$oid) SELECT 1", "TRUNCATE repack.table_$oid",
	"CREATE TABLE parent (LIKE runs); ALTER TABLE repack.table_$oid INHERIT parent; DELETE FROM parent", 'SELECT 1')
{
	like(refusal_of($node, 'BEGIN; ' . copy_of('runs') . "SELECT repack.repack_swap($oid); $write; SELECT repack.repack_swap($oid); COMMIT"),
		qr/DDL_NOT_ALLOWED: the files of .* can't be exchanged/, "locked: and back, and meanwhile $write");
}
sql($node, "CREATE FUNCTION empty_copy() RETURNS bigint LANGUAGE plpgsql AS 'BEGIN DELETE FROM repack.table_$oid; RETURN 1; END'");
like(refusal_of($node, 'BEGIN; ' . copy_of('runs') . "SELECT repack.repack_swap($oid), empty_copy(), repack.repack_swap($oid); COMMIT"),
	qr/DDL_NOT_ALLOWED: the files of .* can't be exchanged/, 'locked: in one statement');
my $ledger = 'retry_ledger.ledger_entry';
like(refusal_of($node, 'BEGIN; ' . copy_of($ledger) . "SELECT repack.repack_swap('$ledger'::regclass); COMMIT"),
	qr/DDL_NOT_ALLOWED: the files of .* can't be exchanged/, 'locked: nor those of our own tables');
is(facts($node), $facts, 'no fact has changed');
check_governed($node, 'locked');

$node->stop;
done_testing();
