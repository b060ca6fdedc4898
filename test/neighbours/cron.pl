# pg_cron carries out retries, expires leases and folds metrics as jobs, in backends of its own or over libpq; a job that
# would change what has ended fails and says why in cron.job_run_details.
use strict;
use warnings;

use Neighbour;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_neighbour('cron', preload => ['pg_cron'], settings => "cron.database_name = 'postgres'\ncron.timezone = 'UTC'\n");
adopt_tables($node);
sql($node, 'CREATE EXTENSION pg_cron');
# Kept with each job when it is scheduled.
$node->append_conf('postgresql.conf', "cron.host = '" . $node->host . "'");
$node->restart;

# Once at each start: what runs each minute would take that long.
my @jobs = (
	[ retry => "SELECT retry_ledger.retry_run((SELECT min(id) FROM public.runs r WHERE status = ''failed'' AND NOT EXISTS (SELECT FROM public.runs c WHERE c.parent_run_id = r.id)), run_table => ''public.runs'', reason => ''nightly'')", 'succeeded' ],
	[ leases => 'SELECT * FROM retry_ledger.expire_leases()', 'succeeded' ],
	[ metrics => 'SELECT retry_ledger.fold_retry_metrics()', 'succeeded' ],
	[ vacuum => 'VACUUM FULL public.runs', 'succeeded' ],
	[ rewrite => "UPDATE public.runs SET status = ''queued'' WHERE id = 1", 'failed' ],
	[ ddl => 'ALTER TABLE public.runs DISABLE TRIGGER ALL', 'failed' ]);
sql($node, "SELECT cron.schedule('$_->[0]', '\@reboot', '$_->[1]')") for @jobs;

for my $how ('libpq', 'background workers')
{
	# Work whose lease has run out by then.
	sql($node, "SELECT count(*) FROM claim_work('work', 'a worker that is gone', 1, '1 millisecond')");
	my $retried = sql($node, "SELECT count(*) FROM retry WHERE reason = 'nightly'");
	sql($node, 'DELETE FROM cron.job_run_details');
	$node->append_conf('postgresql.conf', 'cron.use_background_workers = ' . ($how eq 'libpq' ? 'off' : 'on'));
	$node->restart;
	$node->poll_query_until('postgres', 'SELECT count(*) = ' . @jobs . " FROM cron.job_run_details WHERE status IN ('succeeded', 'failed')")
	  or diag('not all jobs ended');
	is(sql($node, 'SELECT j.jobname, d.status FROM cron.job_run_details d JOIN cron.job j USING (jobid) ORDER BY j.jobid'),
		join("\n", map { "$_->[0]|$_->[2]" } @jobs), "$how: jobs do what they may, and no more");
	is(sql($node, "SELECT count(*) - $retried FROM retry WHERE reason = 'nightly'"), '1', "$how: there is one retry more");
	is(sql($node, "SELECT acting_role = current_user FROM ledger_entry WHERE action = 'retried' AND reason_code = 'nightly' ORDER BY entry_id DESC LIMIT 1"),
		't', "$how: by whom is on the ledger");
	is(sql($node, "SELECT count(*) FROM work_item WHERE state = 'leased' AND lease_until < now()"), '0', "$how: leases were settled");
	check_governed($node, $how);
}
like(sql($node, "SELECT return_message FROM cron.job_run_details d JOIN cron.job j USING (jobid) WHERE jobname = 'rewrite'"), qr/PB-S1 VIOLATION/,
	'why a job failed stands beside it');

$node->stop;
done_testing();
