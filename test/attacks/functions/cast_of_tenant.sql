-- role: owner
-- tries: to have its code run by a superuser who only looks what a rerun would do, or makes it: casts between text and types of the tenant and the status
-- none: harmless
-- guarded: held
-- locked: held
CREATE TYPE firm AS ENUM ('t1', 't2');
CREATE TYPE state AS ENUM ('queued', 'running', 'completed', 'failed');
CREATE FUNCTION public.strike() RETURNS void LANGUAGE plpgsql AS $$
BEGIN IF current_user NOT LIKE 'attack%' THEN EXECUTE 'CREATE TABLE IF NOT EXISTS app.ran_as_superuser ()'; END IF; END $$;
CREATE FUNCTION public.labelled(app.firm) RETURNS text LANGUAGE plpgsql AS $$BEGIN PERFORM public.strike(); RETURN format('%s', $1); END $$;
CREATE FUNCTION public.labelled(app.state) RETURNS text LANGUAGE plpgsql AS $$BEGIN PERFORM public.strike(); RETURN format('%s', $1); END $$;
CREATE CAST (app.firm AS text) WITH FUNCTION public.labelled(app.firm);
CREATE CAST (app.state AS text) WITH FUNCTION public.labelled(app.state);
CREATE TABLE enumt (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), tenant_id firm, status state, pr_number int, error text);
SELECT count(*) FROM govern_runs('enumt', tenant_column => 'tenant_id');
INSERT INTO enumt (tenant_id, status, pr_number) VALUES ('t1', 'queued', 7);
UPDATE enumt SET status = 'failed', error = 'connection timed out';
SELECT allow_target('enumt', '{"pr_number": 7}');
\c - postgres
SELECT retry_ledger.rerun_failed_jobs('{"pr_number": 7}', run_table => 'app.enumt', tenant => 't1', dry_run => true);
SELECT retry_ledger.rerun_failed_jobs('{"pr_number": 7}', run_table => 'app.enumt', tenant => 't1');
SELECT retry_ledger.dispatch_failed(id::text, run_table => 'app.enumt') FROM app.enumt WHERE parent_run_id IS NOT NULL;
-- guard_status() names them as long as they are there.
DROP CAST (app.firm AS text);
DROP CAST (app.state AS text);
