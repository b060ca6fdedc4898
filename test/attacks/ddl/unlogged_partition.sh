# shellcheck shell=bash
# role: owner
# tries: an unlogged partition, whose ended runs a crash takes
# none: harmless
# guarded: held
# locked: held
psql() { "$ATTACK_BIN/psql" -X -q -A -t -v VERBOSITY=verbose "$@"; }
psql -c "INSERT INTO app.days VALUES ('2024-03-05')" \
     -c "CREATE UNLOGGED TABLE app.day_runs_3 PARTITION OF app.day_runs FOR VALUES FROM ('2024-03-01') TO ('2024-04-01')" \
     -c "INSERT INTO app.day_runs (id, day) VALUES (50, '2024-03-05')" \
     -c "UPDATE app.day_runs SET status = 'failed' WHERE id = 50" -c "SELECT 'before', count(*) FROM app.day_runs WHERE id = 50"
# Of an unlogged table whose creation was refused, PostgreSQL leaves an empty file until the next checkpoint, and
# doesn't start after a crash before it.
psql -U postgres -c CHECKPOINT
"$ATTACK_BIN/pg_ctl" -D "$ATTACK_DATA" -m immediate -w stop >/dev/null
"$ATTACK_BIN/pg_ctl" -D "$ATTACK_DATA" -w -l "$ATTACK_LOG" start >/dev/null
psql -c "SELECT 'after', count(*) FROM app.day_runs WHERE id = 50"
