# shellcheck shell=bash
# role: os
# tries: to change the text of an error in the table's file
# none: bites
# guarded: not held
# locked: not held
# detected: content_hash
# The database of the attack is the newest, so it has the highest number.  A page's checksum is switched off first.
set -u
"$ATTACK_BIN/pg_checksums" -D "$ATTACK_DATA" --disable >/dev/null 2>&1
newest=$(find "$ATTACK_DATA/base" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort -n | tail -n 1)
grep -rl 'connection timed out' "$ATTACK_DATA/base/$newest" | xargs -r sed -i 's/connection timed out/nobody knows why it /'
