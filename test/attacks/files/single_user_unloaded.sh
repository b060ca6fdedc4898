# shellcheck shell=bash
# role: os
# tries: single-user mode without the library
# none: bites
# guarded: not held
# locked: not held
# detected: content_hash
"$ATTACK_BIN/postgres" --single -D "$ATTACK_DATA" -c shared_preload_libraries= "$PGDATABASE" <<'END'
ALTER TABLE app.runs DISABLE TRIGGER ALL;
UPDATE app.runs SET error = 'x' WHERE id = 2;
END
