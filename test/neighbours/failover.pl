# Failover of a server that preloads the library: the primary is killed under load and a synchronous standby promoted.  It
# has every acknowledged fact, and governs on.
use strict;
use warnings;

use Crash;
use Neighbour;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

my $primary = new_neighbour('primary', streaming => 1, settings => crash_settings());
adopt_tables($primary);
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;
$primary->append_conf('postgresql.conf', "synchronous_standby_names = 'standby'\n");
$primary->reload;

# The clients wait for the standby, as it is by default.
my @clients = map { start_client($primary, $_) } (
	join('', map { "UPDATE runs SET status = 'failed' WHERE id = $_ RETURNING 'ended', id, status;
SELECT 'retried', original_run_id, retry_run_id FROM retry_run($_, run_table => 'runs');\n" } 301 .. 900),
	"SELECT 'claimed', job_id, fence FROM claim_work('work', 'w', 1);\nSELECT 'finished', job_id, finish_work(job_id, fence, 'failed', run_table => 'runs')
  FROM (SELECT job_id, fence FROM work_item WHERE state = 'leased' AND worker = 'w' LIMIT 1) w;\n" x 500,
	join('', map { "SELECT 'refused', $_ FROM retry_run(1000, run_table => 'runs', request_id => '$_', on_refusal => 'record');\n" } 1 .. 500));
for (1 .. 1200)
{
	last if told_so_far(@clients) > 200;
	usleep(50_000);
}
crash($primary, 'all');
my @told = grep { @$_ > 1 } finish_clients(@clients);
cmp_ok(scalar(@told), '>', 200, 'the primary is killed under load: ' . @told . ' facts acknowledged');
$standby->promote;

sql($standby, 'CREATE TABLE said (what text, id text, more text)');
sql($standby, 'INSERT INTO said VALUES ' . join(', ', map { my ($what, $id, $more) = (@$_, ''); "('$what', '$id', '$more')" } @told));
is(sql($standby, "SELECT what, id FROM said s WHERE CASE what
	WHEN 'ended' THEN NOT EXISTS (SELECT FROM ledger_entry WHERE run_key = s.id AND action = 'ended')
	WHEN 'retried' THEN NOT EXISTS (SELECT FROM retry t JOIN runs r ON r.id::text = t.retry_key WHERE t.parent_key = s.id AND t.retry_key = s.more)
	WHEN 'claimed' THEN NOT EXISTS (SELECT FROM work_item WHERE job_id = s.id AND fence = s.more::bigint)
	WHEN 'finished' THEN NOT EXISTS (SELECT FROM work_item WHERE job_id = s.id AND state = 'done' AND final_status = s.more)
	ELSE NOT EXISTS (SELECT FROM ledger_entry WHERE action = 'refused' AND evidence->>'request_id' = s.id) END"), '', 'the standby has each of them');
is(sql($standby, 'SELECT count(*) FROM verify_credits()'), '0', 'the credits add up');
check_governed($standby, 'promoted');

$standby->stop;
done_testing();
