# shellcheck shell=bash
# role: os
# tries: single-user mode, which fires no event triggers
# none: bites
# guarded: not held
# locked: held
# detected: content_hash
"$ATTACK_BIN/postgres" --single -D "$ATTACK_DATA" "$PGDATABASE" <<'END'
ALTER TABLE app.runs DISABLE TRIGGER retry_ledger_change;
UPDATE app.runs SET error = 'x' WHERE id = 2;
ALTER TABLE app.runs ENABLE ALWAYS TRIGGER retry_ledger_change;
END
