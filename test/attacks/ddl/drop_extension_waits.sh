# shellcheck shell=bash
# role: app
# tries: to keep everybody from governing: a prepared request for a table of its own, and a DROP EXTENSION that waits for it
# none: harmless
# guarded: held
# locked: held
sql() { "$ATTACK_BIN/psql" -X -q -A -t -v VERBOSITY=verbose -U "$1"; }
sql attack_app <<S
CREATE TABLE public.mine (id bigint PRIMARY KEY, tenant_id text, status text);
SELECT count(*) FROM retry_ledger.govern_runs('public.mine');
BEGIN;
SELECT count(*) FROM retry_ledger.release_governance('public.mine', 'why');
PREPARE TRANSACTION '$PGDATABASE';
S
for command in 'DROP EXTENSION retry_ledger' 'ALTER SCHEMA retry_ledger RENAME TO ours'; do
    echo "SET statement_timeout = '5s'; $command" | sql attack_app &
    waits=$!
    sleep 0.3
    sql attack_owner <<S || echo 'ERROR:  22P99: governing is kept from its owner'
\set ON_ERROR_STOP on
SET lock_timeout = '1s';
SELECT count(*) FROM retry_ledger.redact_run('app.runs', '2', '{big}', 'why');
S
    wait $waits
done
