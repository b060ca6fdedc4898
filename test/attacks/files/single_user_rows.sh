# shellcheck shell=bash
# role: os
# tries: statements on rows in single-user mode
# none: bites
# guarded: held
# locked: held
"$ATTACK_BIN/postgres" --single -D "$ATTACK_DATA" "$PGDATABASE" <<'END'
UPDATE app.runs SET error = 'x' WHERE id = 2;
DELETE FROM app.runs WHERE id = 7;
TRUNCATE app.log;
END
