# shellcheck shell=bash
# role: superuser
# tries: ALTER SYSTEM to take the library out of the server's configuration, and a restart
# none: bites
# guarded: not held
# locked: held
# detected: content_hash
set -u
psql() { "$ATTACK_BIN/psql" -X -q -v VERBOSITY=verbose "$@"; }
psql -c "ALTER SYSTEM SET shared_preload_libraries = 'plpgsql'" -c "ALTER SYSTEM SET session_replication_role = replica"
"$ATTACK_BIN/pg_ctl" -D "$ATTACK_DATA" -w -m fast -l "$ATTACK_LOG" restart
psql <<'END'
ALTER EVENT TRIGGER retry_ledger_ddl_end DISABLE;
ALTER TABLE app.runs DISABLE TRIGGER ALL;
UPDATE app.runs SET error = 'x' WHERE id = 2;
ALTER SYSTEM RESET ALL;
END
: >"$ATTACK_DATA/postgresql.auto.conf"
"$ATTACK_BIN/pg_ctl" -D "$ATTACK_DATA" -w -m fast -l "$ATTACK_LOG" restart
