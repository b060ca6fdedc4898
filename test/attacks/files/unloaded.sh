# shellcheck shell=bash
# role: os
# tries: to take the library out of the server's configuration, change a row, and put everything back
# none: bites
# guarded: not held
# locked: not held
# detected: content_hash
set -u
cp "$ATTACK_DATA/postgresql.conf" "$ATTACK_DATA/postgresql.conf.kept"
echo "shared_preload_libraries = ''" >>"$ATTACK_DATA/postgresql.conf"
"$ATTACK_BIN/pg_ctl" -D "$ATTACK_DATA" -w -l "$ATTACK_LOG" start
"$ATTACK_BIN/psql" -X -q -v VERBOSITY=verbose <<'END'
ALTER EVENT TRIGGER retry_ledger_ddl_end DISABLE;
ALTER TABLE app.runs DISABLE TRIGGER ALL;
UPDATE app.runs SET error = 'x' WHERE id = 2;
END
"$ATTACK_BIN/pg_ctl" -D "$ATTACK_DATA" -w -m fast stop
mv "$ATTACK_DATA/postgresql.conf.kept" "$ATTACK_DATA/postgresql.conf"
