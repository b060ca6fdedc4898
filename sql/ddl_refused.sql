-- DDL that would take something away from a governed table, in every form, by its owner and by a superuser.
-- No command may lose a fact; each refusal names the fact.
CREATE ROLE dr_owner;
CREATE ROLE dr_other;
GRANT dr_other TO dr_owner;
CREATE SCHEMA dr AUTHORIZATION dr_owner;
GRANT CREATE ON SCHEMA dr TO dr_other;
SET ROLE dr_owner;
SET search_path = dr, public, retry_ledger;
SET client_min_messages = warning;
CREATE TYPE dr_status AS ENUM ('queued', 'running', 'completed', 'failed');
CREATE TYPE dr_point AS (x int, y int);
CREATE TYPE dr_colour AS ENUM ('red', 'green');
CREATE DOMAIN dr_colours AS dr_colour[];
CREATE TABLE address (street text, town text);
CREATE TABLE runs (id int NOT NULL, status dr_status NOT NULL, tenant_id text, note varchar(10), place dr_point, home address,
  colours dr_colours, code text NOT NULL DEFAULT 'x');
CREATE UNIQUE INDEX runs_id ON runs (id);
SELECT count(*) > 0 AS adopted FROM govern_runs('runs');
INSERT INTO runs (id, status) VALUES (1, 'queued'), (2, 'queued');
UPDATE runs SET status = 'failed' WHERE id = 2;
RESET ROLE;
-- What the guards stand on, to be compared when all is over.
CREATE TABLE public.dr_before AS SELECT kind, name, aspect, value FROM retry_ledger.guarded_state WHERE table_name = 'dr.runs';
SELECT kind, count(*) > 0 AS there FROM public.dr_before GROUP BY 1 ORDER BY 1;
SET ROLE dr_owner;

-- The table.
SELECT * FROM refused('DROP TABLE runs');
SELECT * FROM refused('DROP TABLE runs CASCADE');
SELECT * FROM refused('DROP SCHEMA dr CASCADE');
SELECT * FROM refused('DROP OWNED BY dr_owner CASCADE');
SELECT * FROM refused('ALTER TABLE runs RENAME TO gone');
SELECT * FROM refused('ALTER INDEX runs RENAME TO gone');
SELECT * FROM refused('ALTER TABLE runs SET SCHEMA public');
-- The database's owner is the superuser here: renaming a schema takes CREATE on the database.
RESET ROLE;
SELECT * FROM refused('ALTER SCHEMA dr RENAME TO gone');
SELECT * FROM refused('ALTER TABLE runs SET SCHEMA public');
SET ROLE dr_owner;

-- Columns.
SELECT * FROM refused('ALTER TABLE runs DROP COLUMN id');
SELECT * FROM refused('ALTER TABLE runs DROP COLUMN id CASCADE');
SELECT * FROM refused('ALTER TABLE runs DROP COLUMN note');
SELECT * FROM refused('ALTER TABLE runs DROP COLUMN note, ADD COLUMN note varchar(10)');
SELECT * FROM refused('ALTER TABLE runs RENAME COLUMN note TO remark');
SELECT * FROM refused('ALTER TABLE runs RENAME COLUMN status TO state');
SELECT * FROM refused('ALTER TABLE runs ALTER COLUMN id DROP NOT NULL');
SELECT * FROM refused('ALTER TABLE runs ALTER COLUMN note TYPE text');
SELECT * FROM refused('DROP TYPE dr_point CASCADE');

-- Rewrites.
SELECT * FROM refused('ALTER TABLE runs ALTER COLUMN code DROP DEFAULT, ALTER COLUMN code TYPE bytea USING NULL');
SELECT * FROM refused('ALTER TABLE runs ALTER COLUMN code TYPE text USING upper(code)');
SELECT * FROM refused('ALTER TABLE runs ADD COLUMN dice float DEFAULT random()');
SELECT * FROM refused('ALTER TABLE runs ADD COLUMN twice int GENERATED ALWAYS AS (id * 2) STORED');
SELECT * FROM refused('ALTER TABLE runs ADD COLUMN serial int GENERATED ALWAYS AS IDENTITY');
SELECT * FROM refused('ALTER TABLE runs SET UNLOGGED');

-- Guards.
SELECT * FROM refused('DROP TRIGGER retry_ledger_change ON runs');
SELECT * FROM refused('DROP TRIGGER retry_ledger_truncate ON runs');
SELECT * FROM refused('ALTER TABLE runs DISABLE TRIGGER retry_ledger_change');
SELECT * FROM refused('ALTER TABLE runs DISABLE TRIGGER USER', 'retry_ledger_birth', 'retry_ledger_born');
SELECT * FROM refused('ALTER TABLE runs ENABLE TRIGGER retry_ledger_change');
SELECT * FROM refused('ALTER TABLE runs ENABLE REPLICA TRIGGER retry_ledger_change');
SELECT * FROM refused('ALTER TRIGGER retry_ledger_change ON runs RENAME TO aaa');
SELECT * FROM refused('CREATE OR REPLACE TRIGGER retry_ledger_delete BEFORE DELETE ON runs FOR EACH ROW WHEN (OLD.id > 100)
  EXECUTE FUNCTION retry_ledger.guard_remove()');
SELECT * FROM refused('CREATE OR REPLACE TRIGGER retry_ledger_delete BEFORE DELETE ON runs FOR EACH ROW
  EXECUTE FUNCTION suppress_redundant_updates_trigger()');

-- The unique index on the key.
SELECT * FROM refused('DROP INDEX runs_id');
DROP INDEX CONCURRENTLY runs_id;
-- One on a part of the rows, or checked later, keeps nothing unique.
CREATE UNIQUE INDEX runs_some ON runs (id) WHERE id > 0;
ALTER TABLE runs ADD CONSTRAINT runs_later UNIQUE (id) DEFERRABLE;
DROP INDEX CONCURRENTLY runs_id;
DROP INDEX CONCURRENTLY runs_some;
ALTER TABLE runs DROP CONSTRAINT runs_later;

-- What hides or redirects rows.
SELECT * FROM refused('ALTER TABLE runs ENABLE ROW LEVEL SECURITY');
SELECT * FROM refused('ALTER TABLE runs FORCE ROW LEVEL SECURITY');
SELECT * FROM refused('CREATE POLICY p ON runs USING (false)');
SELECT * FROM refused('CREATE RULE r AS ON UPDATE TO runs DO INSTEAD NOTHING');
SELECT * FROM refused('CREATE RULE r AS ON INSERT TO runs DO ALSO NOTIFY births');

-- Inheritance, both ways.
SELECT * FROM refused('CREATE TABLE child () INHERITS (runs)');
CREATE TABLE child (LIKE runs);
SELECT * FROM refused('ALTER TABLE child INHERIT runs');
CREATE TABLE parent (id int);
SELECT * FROM refused('ALTER TABLE runs INHERIT parent');
CREATE TABLE whole (LIKE runs) PARTITION BY RANGE (id);
SELECT * FROM refused('ALTER TABLE whole ATTACH PARTITION runs FOR VALUES FROM (0) TO (10)');
SELECT * FROM refused('CREATE TEMP TABLE child2 () INHERITS (runs)') WHERE field = 'sqlstate';

-- What rests on something temporary, or on what others may rename.
CREATE FUNCTION pg_temp.passing() RETURNS dr_colour IMMUTABLE LANGUAGE sql AS $$ SELECT 'red'::dr_colour $$;
SELECT * FROM refused('ALTER DOMAIN dr_colours SET DEFAULT ARRAY[pg_temp.passing()]');
SELECT * FROM refused($$SELECT accept_ddl('runs', 'CREATE POLICY p ON runs USING (pg_temp.passing() = ''red'')', 'all')$$) WHERE field = 'message';
CREATE FUNCTION lasting() RETURNS dr_colour IMMUTABLE LANGUAGE sql RETURN pg_temp.passing();
DROP FUNCTION pg_temp.passing CASCADE;
SELECT * FROM refused('ALTER TABLE runs ADD COLUMN source regclass');
SELECT * FROM refused('ALTER TABLE runs ADD COLUMN rights aclitem[], ADD COLUMN note2 text') WHERE field = 'message';

-- The types that the columns are made of.
SELECT * FROM refused($$ALTER TYPE dr_status RENAME VALUE 'failed' TO 'broken'$$);
SELECT * FROM refused($$ALTER TYPE dr_colour RENAME VALUE 'red' TO 'rouge'$$);
SELECT * FROM refused('ALTER TYPE dr_point DROP ATTRIBUTE y');
SELECT * FROM refused('ALTER TYPE dr_point RENAME ATTRIBUTE y TO z');
SELECT * FROM refused('ALTER TABLE address DROP COLUMN town');
SELECT * FROM refused('DROP TABLE address CASCADE');

-- Where the command comes from doesn't matter.
SELECT * FROM refused($$DO 'BEGIN ALTER TABLE dr.runs DISABLE TRIGGER retry_ledger_change; END'$$);
CREATE FUNCTION weaken() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  CREATE TABLE dr.innocent (x int);
  BEGIN
    ALTER TABLE dr.runs DROP COLUMN note;
  EXCEPTION WHEN OTHERS THEN
    RAISE WARNING '%', SQLERRM;
  END;
  DROP TABLE dr.innocent;
  ALTER TABLE dr.runs DISABLE TRIGGER retry_ledger_change;
END $$;
SELECT * FROM refused('SELECT weaken()');
BEGIN;
SAVEPOINT s;
DROP TRIGGER retry_ledger_change ON runs;
ROLLBACK TO s;
CREATE TABLE innocent (x int);
DROP TRIGGER retry_ledger_change ON runs;
ROLLBACK;
-- Half of a command's tables are others'.
CREATE TABLE innocent (x int);
SELECT * FROM refused('DROP TABLE innocent, runs CASCADE');
RESET ROLE;
SELECT * FROM refused('CREATE SCHEMA dr2 AUTHORIZATION dr_owner CREATE TABLE child () INHERITS (dr.runs)');
-- A superuser meets the same refusals, also as the replication role.
SELECT * FROM refused('ALTER TABLE dr.runs DISABLE TRIGGER ALL', 'retry_ledger_birth', 'retry_ledger_born');
SET session_replication_role = replica;
SELECT * FROM refused('DROP TRIGGER retry_ledger_delete ON dr.runs');
SELECT * FROM refused('DROP TABLE dr.runs CASCADE');
RESET session_replication_role;
SELECT * FROM refused('ALTER TABLE retry_ledger.ledger_entry DISABLE TRIGGER retry_ledger_change');
-- Triggers don't fire for what we write there: whoever counts on one (pg_repack copies by it) would lose rows.
SELECT * FROM refused('CREATE TRIGGER mine AFTER INSERT ON retry_ledger.ledger_entry FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()');

-- The extension itself.
CREATE ROLE dr_admin;
ALTER SCHEMA retry_ledger OWNER TO dr_admin;
SELECT field, left(value, 60) AS value FROM refused('DROP EXTENSION retry_ledger') WHERE field IN ('sqlstate', 'message');
SELECT field, left(value, 60) AS value FROM refused('DROP EXTENSION retry_ledger CASCADE') WHERE field IN ('sqlstate', 'message');
SELECT field, left(value, 60) AS value FROM refused('DROP SCHEMA dr, retry_ledger CASCADE') WHERE field IN ('sqlstate', 'message');
SELECT field, left(value, 60) AS value FROM refused('DROP OWNED BY dr_admin CASCADE') WHERE field IN ('sqlstate', 'message');
SELECT field, left(value, 60) AS value FROM refused('ALTER SCHEMA retry_ledger RENAME TO other') WHERE field IN ('sqlstate', 'message');
SELECT field, left(value, 60) AS value FROM refused('ALTER EXTENSION retry_ledger DROP EVENT TRIGGER retry_ledger_ddl_end') WHERE field IN ('sqlstate', 'message');
SELECT field, left(value, 60) AS value FROM refused('ALTER EXTENSION retry_ledger SET SCHEMA public') WHERE field IN ('sqlstate', 'message');
SELECT field, left(value, 60) AS value FROM refused('DROP EVENT TRIGGER retry_ledger_ddl_end');
SELECT field, left(value, 60) AS value FROM refused('DROP FUNCTION retry_ledger.guard_change() CASCADE');
SELECT field, left(value, 60) AS value FROM refused('DROP TABLE retry_ledger.governed_table CASCADE');
SELECT field, left(value, 60) AS value FROM refused('SELECT guard_ddl_end()');
ALTER SCHEMA retry_ledger OWNER TO CURRENT_USER;
DROP ROLE dr_admin;

-- Nothing has been lost, and what was allowed along the way is gone again.
SELECT * FROM public.dr_before EXCEPT SELECT kind, name, aspect, value FROM retry_ledger.guarded_state WHERE table_name = 'dr.runs';
SELECT * FROM refused('UPDATE dr.runs SET code = $$y$$ WHERE id = 2');
RESET search_path;
RESET client_min_messages;
