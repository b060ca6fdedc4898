# shellcheck shell=bash
# role: os
# tries: to take the library out of the server's configuration and write rows as before
# none: bites
# guarded: held
# locked: held
set -u
cp "$ATTACK_DATA/postgresql.conf" "$ATTACK_DATA/postgresql.conf.kept"
echo "shared_preload_libraries = ''" >>"$ATTACK_DATA/postgresql.conf"
"$ATTACK_BIN/pg_ctl" -D "$ATTACK_DATA" -w -l "$ATTACK_LOG" start
"$ATTACK_BIN/psql" -X -q -v VERBOSITY=verbose <<'END'
UPDATE app.runs SET error = 'x' WHERE id = 2;
DELETE FROM app.runs WHERE id = 7;
UPDATE retry_ledger.ledger_entry SET reason_code = 'x';
END
"$ATTACK_BIN/pg_ctl" -D "$ATTACK_DATA" -w -m fast stop
mv "$ATTACK_DATA/postgresql.conf.kept" "$ATTACK_DATA/postgresql.conf"
