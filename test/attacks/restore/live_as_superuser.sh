# shellcheck shell=bash
# role: superuser
# tries: to restore an edited dump into the live database, over what is there and without triggers
# none: bites
# guarded: held
# locked: held
# errors: 42501 42703 42704 42710 42723 42P01 42P06 42P07 42P16
# setup: GRANT USAGE ON SCHEMA retry_ledger TO attack_owner; GRANT SELECT ON ALL TABLES IN SCHEMA retry_ledger TO attack_owner
set -u
dump() { "$ATTACK_BIN/pg_dump" "$@" "$PGDATABASE" | sed 's/connection timed out/no reason at all/'; }
restore() { "$ATTACK_BIN/psql" -X -q -v VERBOSITY=verbose <<<"$1"; }
restore "$(dump --schema=app --data-only --disable-triggers)"
restore "$(dump --schema=app --clean --if-exists)"
restore "$(dump --schema=app --section=data --section=post-data)"
restore "$(dump --table=app.runs --data-only --inserts --on-conflict-do-nothing --rows-per-insert=100)"
restore "$(dump --clean --if-exists)"
restore "SET session_replication_role = replica; $(dump --data-only)"
