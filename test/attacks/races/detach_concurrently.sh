# shellcheck shell=bash
# role: owner
# tries: DETACH CONCURRENTLY by a name that means another table when it is looked at, and this one when it is done
# none: bites
# guarded: held
# locked: held
set -u
psql() { "$ATTACK_BIN/psql" -X -q -A -t -v VERBOSITY=verbose "$@"; }
psql -c 'CREATE TABLE public.day_runs (day date) PARTITION BY RANGE (day)'
# The other session drops that table, and waits before it commits.
psql -c 'BEGIN' -c 'DROP TABLE public.day_runs' -f "$(dirname "$0")/../until_another_waits.sql" -c 'COMMIT' &
until [ "$(psql -c "SELECT count(*) FROM pg_locks WHERE relation = 'public.day_runs'::regclass AND mode = 'AccessExclusiveLock' AND granted")" = 1 ]; do
    sleep 0.1
done
PGOPTIONS='-c search_path=public,app' psql -c 'ALTER TABLE day_runs DETACH PARTITION day_runs_1 CONCURRENTLY'
wait
psql -c 'ALTER TABLE app.day_runs_1 DISABLE TRIGGER ALL' -c 'DELETE FROM app.day_runs_1' -c 'DROP TABLE app.day_runs_1'
