-- What govern_runs refuses: SQLSTATE, message, DETAIL, HINT; and that nothing stays of it.
\pset format unaligned
\pset footer off
CREATE FUNCTION ad_refused(ddl text, arguments text DEFAULT '') RETURNS TABLE (field text, value text) LANGUAGE plpgsql AS $$
BEGIN
  SET LOCAL client_min_messages = warning;
  DROP TABLE IF EXISTS ad_t CASCADE;
  EXECUTE ddl;
  RETURN QUERY SELECT r.field, r.value FROM refused(format('SELECT govern_runs(%L%s)', 'ad_t', arguments)) r;
  RETURN QUERY SELECT 'traces', string_agg(t, ', ') FROM (
    SELECT tgname::text FROM pg_trigger WHERE tgrelid = to_regclass('ad_t') AND tgname LIKE 'retry%' UNION ALL
    SELECT table_name FROM governed_table WHERE table_name = 'public.ad_t') l(t) HAVING count(*) > 0;
END $$;

-- Which relation.
SELECT * FROM refused('SELECT govern_runs(NULL)');
SELECT * FROM refused($$SELECT govern_runs('no_such_table')$$);
SELECT * FROM refused($$SELECT govern_runs(4000000000::oid::regclass)$$);
SELECT * FROM ad_refused('CREATE VIEW ad_t AS SELECT 1 AS id');
DROP VIEW ad_t;
SELECT * FROM ad_refused('CREATE MATERIALIZED VIEW ad_t AS SELECT 1 AS id') WHERE field <> 'hint';
DROP MATERIALIZED VIEW ad_t;
SELECT * FROM ad_refused('CREATE SEQUENCE ad_t') WHERE field <> 'hint';
DROP SEQUENCE ad_t;
SELECT * FROM ad_refused('CREATE TYPE ad_t AS (id int)') WHERE field <> 'hint';
DROP TYPE ad_t;
CREATE FOREIGN DATA WRAPPER ad_fdw;
CREATE SERVER ad_server FOREIGN DATA WRAPPER ad_fdw;
SELECT * FROM ad_refused('CREATE FOREIGN TABLE ad_t (id int, status text) SERVER ad_server') WHERE field <> 'hint';
DROP FOREIGN TABLE ad_t;
CREATE TEMP TABLE ad_temp (id int PRIMARY KEY, status text);
SELECT field, regexp_replace(value, 'pg_temp_\d+', 'pg_temp') AS value FROM refused($$SELECT govern_runs('ad_temp')$$);
SELECT * FROM refused($$SELECT govern_runs('pg_class')$$);
SELECT * FROM refused($$SELECT govern_runs('information_schema.sql_parts')$$) WHERE field <> 'hint';
SELECT * FROM refused($$SELECT govern_runs('retry')$$);
SELECT * FROM refused($$SELECT govern_runs('retry_pkey')$$);
SELECT * FROM ad_refused('CREATE UNLOGGED TABLE ad_t (id int PRIMARY KEY, status text)');
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text, extra ad_temp[])');
CREATE FUNCTION pg_temp.ad_f(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1';
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text, n int GENERATED ALWAYS AS (pg_temp.ad_f(id)) STORED)') WHERE field = 'message';
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text); CREATE POLICY ad_p ON ad_t USING (pg_temp.ad_f(id) > 0)') WHERE field = 'message';
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int NOT NULL, status text) PARTITION BY RANGE (id); CREATE TABLE ad_t_1 PARTITION OF ad_t DEFAULT PARTITION BY RANGE (id, pg_temp.ad_f(id))') WHERE field = 'message';
-- Names of what anybody may rename.
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text, source regclass)');
CREATE DOMAIN ad_roles AS regrole[];
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text, roles ad_roles)') WHERE field IN ('message', 'hint');
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text, class pg_class)') WHERE field = 'message';
DROP TABLE public.ad_t;
CREATE TABLE public.ad_t (id int PRIMARY KEY, status text, roles ad_roles, source regclass);
INSERT INTO public.ad_t VALUES (1, 'queued', '{pg_monitor}', 'pg_class');
ALTER TABLE public.ad_t ALTER COLUMN roles TYPE text, ALTER COLUMN source TYPE text;
SELECT count(*) > 0 AS adopted FROM govern_append_only('ad_t', dry_run => true);
SELECT roles, source FROM public.ad_t;
CREATE TYPE ad_row AS (id int, status text);
SELECT * FROM ad_refused('CREATE TABLE ad_t OF ad_row (PRIMARY KEY (id))');
CREATE TABLE ad_parent (id int PRIMARY KEY, status text);
SELECT * FROM ad_refused('CREATE TABLE ad_t (PRIMARY KEY (id)) INHERITS (ad_parent)');
SELECT * FROM refused($$SELECT govern_runs('ad_parent')$$) WHERE field IN ('sqlstate', 'message');
CREATE TABLE ad_root (id int PRIMARY KEY, status text) PARTITION BY RANGE (id);
SELECT * FROM ad_refused('CREATE TABLE ad_t PARTITION OF ad_root DEFAULT');
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int NOT NULL, status text) PARTITION BY RANGE (id); CREATE FOREIGN TABLE ad_t_1 PARTITION OF ad_t DEFAULT SERVER ad_server');

SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text) PARTITION BY RANGE (id); CREATE UNLOGGED TABLE ad_t_1 PARTITION OF ad_t DEFAULT') WHERE field <> 'detail';

-- Who.
CREATE TABLE ad_mine (id int PRIMARY KEY, status text);
GRANT ALL ON ad_mine TO PUBLIC;
SET ROLE regress_stranger;
SELECT * FROM refused($$SELECT govern_runs('ad_mine')$$);
SELECT * FROM refused($$SELECT govern_runs('ad_mine', dry_run => true)$$) WHERE field = 'sqlstate';
SELECT * FROM refused($$SELECT govern_append_only('ad_mine')$$) WHERE field = 'sqlstate';
RESET ROLE;
CREATE SCHEMA ad_closed;
CREATE TABLE ad_closed.runs (id int PRIMARY KEY, status text);
ALTER TABLE ad_closed.runs OWNER TO regress_adopter;
GRANT USAGE ON SCHEMA ad_closed TO regress_adopter;
CREATE TABLE ad_forced (id int PRIMARY KEY, status text);
ALTER TABLE ad_forced OWNER TO regress_adopter;
ALTER TABLE ad_forced ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
SET ROLE regress_adopter;
SELECT * FROM refused($$SELECT govern_runs('ad_closed.runs')$$);
SELECT * FROM refused($$SELECT govern_runs('ad_forced')$$);
RESET ROLE;
SELECT count(*) > 0 AS a_superuser_may FROM govern_runs('ad_forced');

-- Keys.
SELECT * FROM ad_refused('CREATE TABLE ad_t (a int, b int, status text, PRIMARY KEY (a, b))');
SELECT * FROM ad_refused('CREATE TABLE ad_t (id numeric PRIMARY KEY, status text)');
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int UNIQUE, status text)');
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int NOT NULL, status text, job uuid PRIMARY KEY)');
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int NOT NULL, status text); CREATE UNIQUE INDEX ON ad_t (id) WHERE status <> $x$odd$x$') WHERE field IN ('sqlstate', 'message');
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int NOT NULL UNIQUE DEFERRABLE, status text)') WHERE field IN ('sqlstate', 'message');
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int NOT NULL, status text, UNIQUE (id, status))') WHERE field IN ('sqlstate', 'message');
SELECT * FROM ad_refused('CREATE TABLE ad_t (n int, id int GENERATED ALWAYS AS (n) STORED PRIMARY KEY, status text)');
CREATE COLLATION ad_ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
SELECT * FROM ad_refused('CREATE TABLE ad_t (id text COLLATE ad_ci PRIMARY KEY, status text)');
-- Columns.
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, phase text)');
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status int)');
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text, state text)');
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text, error text, error_message text)');
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text, tenant_id int, account_id int)', $$, label => 'it''s'$$);
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text)', $$, error_column => 'oops'$$);
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text)', $$, parent_column => 'of'$$);
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text)', $$, id_column => ''$$) WHERE field = 'message';
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text)', $$, tenant_column => 'id'$$);
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text)', $$, tenant_column => 'ctid'$$) WHERE field = 'message';
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text, parent_run_id bigint)');
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text, parent_run_id int NOT NULL)');
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text, attempt text)') WHERE field <> 'hint';
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text, attempt int GENERATED ALWAYS AS IDENTITY)') WHERE field <> 'hint';
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text, is_retry int)') WHERE field <> 'hint';
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text, retry_reason jsonb)') WHERE field <> 'hint';
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text, tenant_id jsonb)') WHERE field <> 'hint';
-- Statuses.
SELECT * FROM ad_refused($$CREATE TABLE ad_t (id int PRIMARY KEY, status text CHECK (status IN ('queued', 'frobbing', 'failed')))$$);
SELECT * FROM ad_refused($$CREATE TABLE ad_t (id int PRIMARY KEY, status text); INSERT INTO ad_t VALUES (1, 'frobbed'), (2, 'o''dd')$$);
CREATE TYPE ad_odd AS ENUM ('queued', 'strange', 'failed');
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status ad_odd)');
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status ad_odd)', $$, statuses => '{"initial": ["queued"], "ended": ["failed", "gone"]}'$$);
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status ad_odd)', $$, statuses => '{"initial": ["queued"], "ended": ["failed"]}'$$) WHERE field IN ('sqlstate', 'detail');
SELECT * FROM ad_refused($$CREATE TABLE ad_t (id int PRIMARY KEY, status text CHECK (status IN ('running', 'failed')))$$);
SELECT * FROM ad_refused($$CREATE TABLE ad_t (id int PRIMARY KEY, status text CHECK (status IN ('queued', 'running')))$$);
SELECT * FROM ad_refused($$CREATE TABLE ad_t (id int PRIMARY KEY, status text); INSERT INTO ad_t SELECT i, CASE WHEN i > 7 THEN 'failed' END FROM generate_series(1, 9) i$$);
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text)', $$, statuses => '[1]'$$);
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text)', $$, statuses => '"x"'$$) WHERE field = 'message';
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text)', $$, statuses => 'null'$$) WHERE field = 'message';
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text)', $$, statuses => '{"initial": "queued"}'$$) WHERE field = 'message';
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text)', $$, statuses => '{"initial": [1]}'$$) WHERE field = 'message';
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text)', $$, statuses => '{}'$$) WHERE field <> 'hint';
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text)', $$, statuses => '{"first": ["queued"]}'$$) WHERE field <> 'hint';
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text)', $$, statuses => '{"initial": ["a"], "ended": ["a"]}'$$) WHERE field <> 'hint';
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text)', $$, statuses => '{"initial": [""], "ended": ["a"]}'$$) WHERE field <> 'hint';
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text)', $$, transitions => '{"failed": ["queued"]}'$$);
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text)', $$, transitions => '{"queued": ["nowhere"]}'$$) WHERE field <> 'hint';
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text)', $$, transitions => '{"queued": 1}'$$) WHERE field <> 'detail';
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text)', $$, void_status => 'completed'$$);
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text)', $$, void_status => 'queued'$$) WHERE field = 'message';
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text)', $$, require_tenant => true$$);
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text)', $$, label => ''$$);
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text)', $$, label => repeat('x', 1000000)$$) WHERE field = 'detail';
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text)', $$, statuses => to_jsonb(repeat('x', 1000000))$$) WHERE field <> 'hint';
-- Attempts.
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text, attempt int); INSERT INTO ad_t SELECT i, $x$failed$x$, nullif(i, 2) - 1 FROM generate_series(1, 3) i');
-- The new row.
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text, progress int NOT NULL)');
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text, error text NOT NULL)');
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text, task text)', $$, input_columns => '{task,oops}'$$);
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text, task text)', $$, input_columns => '{task,status}'$$);
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text, task text, g int GENERATED ALWAYS AS (id) STORED)', $$, outcome_columns => '{g}'$$) WHERE field <> 'hint';
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text, task text)', $$, input_columns => '{task,task}'$$);
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text, "a b" text, task text)', $$, input_columns => '{task,"a b"}', outcome_columns => '{"a b"}'$$);
-- UNIQUE constraints that every retry would violate, with the DDL that works.
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text, task text UNIQUE)');
ALTER TABLE ad_t ADD COLUMN attempt int NOT NULL DEFAULT 1; ALTER TABLE public.ad_t DROP CONSTRAINT ad_t_task_key, ADD CONSTRAINT ad_t_task_key UNIQUE (task, attempt);
SELECT count(*) > 0 AS done FROM govern_runs('ad_t');
SELECT decision FROM release_governance('ad_t', 'test') WHERE item = 'release';
SELECT decision FROM approve_release('ad_t');
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text, attempt int, task text); CREATE UNIQUE INDEX ad_i ON ad_t (lower(task), status) WHERE task <> $x$$x$');
DROP INDEX public.ad_i; CREATE UNIQUE INDEX ad_i ON public.ad_t (lower(task), status, attempt) WHERE (task <> ''::text);
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text, attempt int, task text, big text GENERATED ALWAYS AS (upper(task)) STORED, UNIQUE (big))') WHERE field IN ('sqlstate', 'message', 'constraint');
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text, span int4range, EXCLUDE USING gist (span WITH &&))');
-- Names that are taken.
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text); CREATE TRIGGER retry_ledger_change BEFORE UPDATE ON ad_t FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()');
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int PRIMARY KEY, status text); CREATE VIEW ad_t_retry_history AS SELECT 1 FROM ad_t');
-- Partition keys that move rows.
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int NOT NULL, status text) PARTITION BY LIST (status)');
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int NOT NULL, status text, completed_at date) PARTITION BY RANGE (completed_at)');
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int NOT NULL, status text, attempt int) PARTITION BY LIST (attempt)') WHERE field <> 'hint';
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int NOT NULL, status text) PARTITION BY RANGE ((id / 10))');
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int NOT NULL, status text) PARTITION BY RANGE (id); CREATE TABLE ad_t_1 PARTITION OF ad_t DEFAULT PARTITION BY LIST (status)') WHERE field IN ('sqlstate', 'message');
SELECT * FROM ad_refused('CREATE TABLE ad_t (id int NOT NULL, status text, run_at date, tenant_id int) PARTITION BY RANGE (tenant_id); CREATE TABLE ad_t_1 PARTITION OF ad_t DEFAULT; INSERT INTO ad_t VALUES (1, $x$failed$x$, NULL, 1), (1, $x$failed$x$, NULL, 2), (2, $x$failed$x$, NULL, 2)');
SELECT count(*) FROM run_key WHERE run_table = 'public.ad_t';
-- A statement that writes to the table has begun without guards.
CREATE TABLE ad_busy (id int PRIMARY KEY, status text);
CREATE FUNCTION ad_govern() RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  PERFORM govern_append_only('ad_busy');
  RETURN 1;
END $$;
SELECT * FROM refused('INSERT INTO ad_busy SELECT ad_govern()');
-- A statement timeout passes as it is, and nothing of ours stays switched on.
CREATE TABLE ad_slow (id int PRIMARY KEY, status text);
INSERT INTO ad_slow SELECT i, 'failed' FROM generate_series(1, 200000) i;
SET statement_timeout = 50;
\set SHOW_CONTEXT never
SELECT govern_runs('ad_slow');
\set SHOW_CONTEXT errors
RESET statement_timeout;
SELECT count(*) FROM governed_table WHERE table_name = 'public.ad_slow';
DROP TABLE ad_t;
DROP FUNCTION ad_govern;
DROP TABLE ad_busy;
DROP TABLE ad_slow;
