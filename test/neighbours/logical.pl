# Logical replication between two servers that preload the library: what holds at level guarded holds when the tables are
# locked on both sides.
use strict;
use warnings;

use FindBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;

$ENV{RETRY_LEDGER_PRELOAD} = 1;
do "$FindBin::Bin/../t/005_logical.pl" or die $@ || $!;
