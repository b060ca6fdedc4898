# shellcheck shell=bash
# role: owner
# tries: DROP INDEX CONCURRENTLY by a name that means another index when it is looked at, and the key's when it is done
# none: bites
# guarded: held
# locked: held
set -u
psql() { "$ATTACK_BIN/psql" -X -q -A -t -v VERBOSITY=verbose "$@"; }
psql -c 'CREATE UNIQUE INDEX the_key ON app.runs (id)' -c 'ALTER TABLE app.runs DROP CONSTRAINT runs_pkey CASCADE' \
    -c 'CREATE INDEX a ON app.customers (id)'
psql -c 'BEGIN' -c 'ALTER INDEX app.a RENAME TO b' -c 'ALTER INDEX app.the_key RENAME TO a' -f "$(dirname "$0")/../until_another_waits.sql" -c 'COMMIT' &
until [ "$(psql -c "SELECT count(*) FROM pg_locks WHERE relation = to_regclass('app.the_key') AND mode = 'ShareUpdateExclusiveLock' AND granted")" = 1 ]; do
    sleep 0.1
done
psql -c 'DROP INDEX CONCURRENTLY app.a'
wait
psql -c "INSERT INTO app.runs (id, tenant_id, status) VALUES (2, 't1', 'queued')"
