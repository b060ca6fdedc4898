# Crashes for the tests of what survives them: kill -9 of a server under load, and what its clients had been told.
package Crash;

use strict;
use warnings;

use Exporter 'import';
use IPC::Run;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

our @EXPORT = qw(crash crash_settings finish_clients start_again start_client kinds_so_far told_so_far);

my $number = 0;

# Nothing is flushed by the way: what survives was flushed by its own commit.
sub crash_settings {
	return "wal_writer_delay = 10s\nwal_writer_flush_after = 1GB\nautovacuum = off\nrestart_after_crash = on\n";
}

# Runs the statements in a psql of its own.  Through files: a pipe to a client that ends early would break before what
# it has said is read.  Each row of output is an acknowledgement: psql has it only after the commit.
sub start_client {
	my ($node, $script) = @_;
	my $file = $node->basedir . '/client_' . $number++;
	append_to_file("$file.sql", $script);
	my $handle = IPC::Run::start([ 'psql', '-XqAt', '-F', ' ', '-d', $node->connstr('postgres'), '-f', "$file.sql" ],
		'<', '/dev/null', '>', "$file.out", '2>', "$file.err");
	return { handle => $handle, file => $file };
}

# Roughly how much the clients have been told: lines of output.
sub told_so_far {
	my (@clients) = @_;
	my $lines = 0;
	$lines += -e "$_->{file}.out" ? (slurp_file("$_->{file}.out") =~ tr/\n//) : 0 for @clients;
	return $lines;
}

# Of how many kinds that is: their first words.
sub kinds_so_far {
	my (@clients) = @_;
	my %kinds;
	for (grep { -e "$_->{file}.out" } @clients) { $kinds{$_} = 1 for slurp_file("$_->{file}.out") =~ /^([a-z]+) /mg }
	return scalar(keys %kinds);
}

# Waits for the clients, which end with their connection, and returns their lines of output, split into words.
sub finish_clients {
	my (@clients) = @_;
	eval { $_->{handle}->finish } for @clients;
	my @told = map { [split / /] } map { split /\n/, slurp_file("$_->{file}.out") } @clients;
	unlink map { ("$_->{file}.sql", "$_->{file}.out", "$_->{file}.err") } @clients;
	return @told;
}

# Kills with signal 9, by HOW:
#   'all'         every process of the server in one call, as a machine that loses its power
#   'postmaster'  the postmaster alone: the others go when they notice
#   'backend'     one client's backend: the postmaster ends the others and recovers
sub crash {
	my ($node, $how) = @_;
	my @others = split /\n/, $node->safe_psql('postgres', 'SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid() '
		  . ($how eq 'backend' ? "AND backend_type = 'client backend' LIMIT 1" : "AND '$how' = 'all'"));
	if ($how eq 'backend')
	{
		kill(9, @others) or BAIL_OUT('there is no backend to kill');
		return;
	}
	kill(9, slurp_file($node->data_dir . '/postmaster.pid') =~ /^(\d+)/, @others);
	$node->kill9;
}

# Orphaned processes need a moment to see that their postmaster is gone.  After the death of a backend the postmaster
# starts again by itself; its clients are gone by now, so the old server isn't taken for the new one.
sub start_again {
	my ($node, $how) = @_;
	if ($how eq 'backend')
	{
		recover($node);
		return;
	}
	for (1 .. 600)
	{
		return if $node->start(fail_ok => 1);
		usleep(100_000);
		$node->stop('fast', fail_ok => 1);
	}
	BAIL_OUT('the server does not start again');
}

# Not poll_query_until: it writes to a psql that may have ended already, as it finds no server, and dies of that.
sub recover {
	my ($node) = @_;
	for (1 .. 1800)
	{
		return if run_log([ 'pg_isready', '-q', '-d', $node->connstr('postgres') ]);
		usleep(100_000);
	}
	BAIL_OUT('the server does not recover');
}

1;
