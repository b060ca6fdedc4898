# pgbouncer in transaction mode: each transaction may run in another backend, so nothing of ours may be kept in one from call
# to call.  Retries, claims and reports are done once each; what a client sets for its session reaches others, and what it
# sets for its transaction doesn't.
use strict;
use warnings;

use Crash;
use Neighbour;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

my ($pgbouncer) = grep { -x $_ } map { "$_/pgbouncer" } split(/:/, $ENV{PATH}), '/usr/sbin', '/usr/local/sbin';
plan skip_all => "pgbouncer isn't installed" unless $pgbouncer;

my $node = new_neighbour('pgbouncer');
adopt_tables($node);
sql($node, "CREATE ROLE app LOGIN; GRANT ALL ON runs TO app; GRANT USAGE ON SCHEMA retry_ledger TO app; GRANT SELECT ON work_item TO app;
	GRANT EXECUTE ON FUNCTION claim_work, finish_work(text, bigint, text, jsonb, regclass) TO app");

# Two backends for all clients, whoever they are.
my $dir = PostgreSQL::Test::Utils::tempdir_short();
my $port = PostgreSQL::Test::Cluster::get_free_port();
append_to_file("$dir/users.txt", qq("app" ""\n));
append_to_file("$dir/pgbouncer.ini", <<"INI");
[databases]
postgres = host=${\ $node->host} port=${\ $node->port} dbname=postgres user=app
[pgbouncer]
listen_addr =
listen_port = $port
unix_socket_dir = $dir
auth_type = trust
auth_file = $dir/users.txt
pool_mode = transaction
default_pool_size = 2
max_client_conn = 100
logfile = $dir/log
pidfile = $dir/pid
INI
my $pooler = IPC::Run::start([ $pgbouncer, "$dir/pgbouncer.ini" ], '<', '/dev/null', '>', "$dir/out", '2>&1');
END { $pooler->kill_kill if $pooler }
my $address = "host=$dir port=$port dbname=postgres user=app";
my $pooled = bless { address => $address, dir => $dir }, 'Pooled';

sub Pooled::connstr { return $_[0]{address} }
sub Pooled::basedir { return $_[0]{dir} }

# Several statements, each its own transaction; the text of errors stands among the results.
sub through {
	my ($statements) = @_;
	my $out;
	IPC::Run::run([ 'psql', '-XqAt', '-d', $address ], '<', \$statements, '>&', \$out);
	chomp $out;
	return $out;
}
for (1 .. 100)
{
	last if -S "$dir/.s.PGSQL.$port";
	usleep(100_000);
}
is(through('SELECT 1'), '1', 'there is a pooler');

# Eight clients on two backends: all want the same runs.
my $retries = join('', map { "SELECT 'retried', original_run_id, retry_run_id FROM retry_run($_, run_table => 'runs');\n" } 101 .. 160);
my $work = sub { my $name = shift; "SELECT 'claimed', job_id, fence FROM claim_work('work', '$name', 1);
SELECT 'finished', job_id, finish_work(job_id, fence, 'completed', run_table => 'runs') FROM (SELECT job_id, fence FROM work_item
  WHERE state = 'leased' AND worker = '$name' LIMIT 1) w;\n" x 30 };
my @clients = map { start_client($pooled, $_) } ($retries) x 4, map { $work->("worker $_") } 1 .. 4;
my @told = finish_clients(@clients);
my %count;
$count{"$_->[0] $_->[1]"}++ for @told;
is(scalar(grep { /^retried/ } keys %count), 60, 'each run was retried');
is(join(', ', grep { $count{$_} > 1 } keys %count), '', 'and nothing was answered twice');
is(sql($node, "SELECT count(*) FROM runs WHERE parent_run_id BETWEEN 101 AND 160"), '60', 'there is one retry of each');
cmp_ok(scalar(grep { /^claimed/ } keys %count), '>', 50, 'work was claimed');
is(scalar(grep { /^finished/ } keys %count), scalar(grep { /^claimed/ } keys %count), 'and finished');

# A refusal leaves nothing in the backend that the next client gets.
like(through("SELECT retry_run(101, run_table => 'runs')"), qr/ALREADY_RETRIED/, 'a refusal');
like(through("UPDATE runs SET error = 'x' WHERE id = 1"), qr/PB-S1 VIOLATION/, 'a violation');
is(through("SELECT attempt FROM retry_run(161, run_table => 'runs')") , '2', 'the next call is decided by itself');

# Whom the application acts for: with its transaction.
through("BEGIN; SET LOCAL retry_ledger.actor = 'alice'; SELECT retry_run(162, run_table => 'runs'); COMMIT");
through("SELECT retry_run(163, run_table => 'runs')") ;
is(sql($node, "SELECT run_key, claimed_actor FROM ledger_entry WHERE action = 'retried' AND run_key IN ('162', '163') ORDER BY 1"),
	"162|alice\n163|", 'SET LOCAL names the actor of its own transaction, and of no other');
is(sql($node, "SELECT count(*) FROM ledger_entry WHERE action = 'retried' AND acting_role = 'app'"), '63',
	'who did it in the database is the role that the pooler is');

# The extended protocol, with parameters; prepared statements of the protocol are pgbouncer's since its version 1.21.
append_to_file("$dir/ends.sql", "\\set id random(301, 1000)\nSELECT plan_hash FROM plan_retry(:id, run_table => 'runs');\nUPDATE runs SET pad = 'seen' WHERE id = :id AND status = 'running';\n");
$node->command_ok([ 'pgbench', '-n', '-M', 'extended', '-c', '8', '-t', '20', '-f', "$dir/ends.sql", $address ], 'statements with parameters');
my ($version) = `$pgbouncer --version` =~ /(\d+\.\d+)/;
diag("pgbouncer $version");

# NOTIFY leaves through the pooler; who listens needs a connection of its own.
my $heard = '';
my $in = "LISTEN retry_ledger_work;\nSELECT 'listening';\n";
my $ear = IPC::Run::start([ 'psql', '-XqAt', '-d', $node->connstr('postgres') ], '<', \$in, '>', \$heard, IPC::Run::timeout(60));
$ear->pump until $heard =~ /listening/;
through("SELECT retry_run(164, run_table => 'runs')");
$in .= "SELECT 'asked';\n";
$ear->pump until $heard =~ /asked/;
$ear->finish;
like($heard, qr/"retry_ledger_work" with payload "work"/, 'a listener with a connection of its own hears of work that came through the pooler');

check_governed($node, 'at the end');
$pooler->signal('TERM');
$pooler->finish;
$node->stop;
done_testing();
