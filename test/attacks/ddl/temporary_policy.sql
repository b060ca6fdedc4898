-- role: owner
-- tries: a policy of a temporary function, which goes with the session, while the ledger says that everybody sees everything
-- none: bites
-- guarded: held
-- locked: held
CREATE FUNCTION pg_temp.f(bigint) RETURNS boolean IMMUTABLE LANGUAGE sql AS $$ SELECT true $$;
BEGIN;
SELECT accept_ddl('runs', 'CREATE POLICY all_of_it ON app.runs USING (pg_temp.f(id))', 'everybody sees everything');
SELECT accept_ddl('runs', 'ALTER TABLE app.runs ENABLE ROW LEVEL SECURITY', 'everybody sees everything');
COMMIT;
DISCARD TEMP;
