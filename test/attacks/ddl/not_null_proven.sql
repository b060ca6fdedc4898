-- role: owner
-- tries: to have a column called NOT NULL that has NULLs, so that IS NULL finds none, and compiled code reads what isn't there: a CHECK that was there before the lock and goes by a setting spares PostgreSQL the look
-- none: bites
-- guarded: held
-- locked: held
-- setup: CREATE FUNCTION app.fine(text) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RETURN current_setting('app.strict', true) IS DISTINCT FROM 'on'; END $$; CREATE TABLE app.n (id bigint PRIMARY KEY, status text DEFAULT 'queued', error text, CHECK (error IS NOT NULL OR app.fine('x'))); ALTER TABLE app.n OWNER TO attack_owner; SELECT retry_ledger.govern_runs('app.n'); INSERT INTO app.n (id) VALUES (1); UPDATE app.n SET status = 'failed'
SET app.strict = 'on';
ALTER TABLE n ALTER error SET NOT NULL;
\c - postgres
SELECT 'REVOKE SELECT ON app.log FROM attack_app' FROM pg_attribute WHERE attrelid = 'app.n'::regclass AND attname = 'error' AND attnotnull \gexec
