# pgaudit beside us, in either order of loading: both see each statement, its log has what was done and what was refused,
# and the ledger has who decided what.
use strict;
use warnings;

use Neighbour;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_neighbour('pgaudit', preload => ['pgaudit'],
	settings => "pgaudit.log = 'all'\npgaudit.log_parameter = on\npgaudit.log_relation = on\npgaudit.log_catalog = off\n");
adopt_tables($node);
sql($node, 'CREATE EXTENSION pgaudit; CREATE ROLE auditor; GRANT UPDATE (error) ON runs TO auditor');
sql($node, "ALTER SYSTEM SET pgaudit.role = 'auditor'; SELECT pg_reload_conf()");
my $facts = facts($node);

# What pgaudit wrote of the statements.
sub audited {
	my ($statements) = @_;
	my $offset = -s $node->logfile;
	my ($status, $out, $err) = $node->psql('postgres', $statements, on_error_stop => 0);
	return (substr(slurp_file($node->logfile), $offset), $out, $err);
}

for my $libraries ('pgaudit, retry_ledger', 'retry_ledger, pgaudit')
{
	$node->append_conf('postgresql.conf', "shared_preload_libraries = '$libraries'");
	$node->restart;
	my $id = $libraries =~ /^p/ ? 61 : 62;
	my ($log, $out, $err) = audited("SELECT retry_run_id FROM retry_run($id, run_table => 'runs', reason => 'asked for');");
	like($out, qr/^\d+$/m, "$libraries: a run is retried");
	like($log, qr/AUDIT: SESSION,\d+,\d+,READ,SELECT,.*retry_run\($id/, "$libraries: the call is in the log of pgaudit");
	like($log, qr/AUDIT: SESSION,\d+,\d+,WRITE,INSERT,TABLE,public\.runs/, "$libraries: and the row that it inserts");
	is(sql($node, "SELECT reason_code FROM ledger_entry WHERE action = 'retried' AND run_key = '$id'"), 'asked for', "$libraries: and on the ledger");

	($log, $out, $err) = audited("UPDATE runs SET error = 'forged' WHERE id = 1;\nDELETE FROM journal;\nALTER TABLE runs DISABLE TRIGGER ALL;\nDROP TABLE slips;");
	is(scalar(() = $err =~ /VIOLATION|DDL_NOT_ALLOWED/g), 4, "$libraries: what is refused is refused");
	like($log, qr/AUDIT: OBJECT,\d+,\d+,WRITE,UPDATE,TABLE,public\.runs,"?UPDATE runs SET error = 'forged'/, "$libraries: the attempt is in the log");
	like($log, qr/AUDIT: SESSION,\d+,\d+,WRITE,DELETE,TABLE,public\.journal/, "$libraries: another");

	($log, $out, $err) = audited("ALTER TABLE runs ADD COLUMN note$id text;\nCREATE TABLE more$id (id int PRIMARY KEY, status text);
SELECT count(*) FROM govern_runs('more$id');\nCREATE TABLE parts_$id (LIKE parts);\nDROP TABLE parts_$id;");
	unlike($err, qr/ERROR/, "$libraries: DDL and adoption");
	like($log, qr/AUDIT: SESSION,\d+,\d+,DDL,ALTER TABLE,TABLE,public\.runs/, "$libraries: DDL is in the log");
	like($log, qr/AUDIT: SESSION,\d+,\d+,DDL,CREATE TRIGGER/, "$libraries: that of an adoption as well");
	check_governed($node, $libraries);
}
is(refusal_of($node, 'DROP EXTENSION pgaudit; CREATE EXTENSION pgaudit'), '', 'it comes and goes as it likes');

$node->stop;
done_testing();
