-- <table>_retry_history: what it shows can't be changed, and guard_status() says where it isn't as it was made.
CREATE TABLE hv_runs (id bigint PRIMARY KEY, tenant_id text, status varchar(20) NOT NULL, error text, note varchar(20));
CREATE TABLE hv_uuid (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), status text NOT NULL);
CREATE TABLE hv_text (id varchar(30) PRIMARY KEY, status text NOT NULL CHECK (status IN ('queued', 'running', 'completed', 'failed')));
CREATE TYPE hv_status AS ENUM ('queued', 'running', 'completed', 'failed');
CREATE TABLE hv_enum (id hv_status PRIMARY KEY, status text NOT NULL);
CREATE TABLE hv_parts (id int NOT NULL, status hv_status NOT NULL, day date NOT NULL, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE hv_part PARTITION OF hv_parts DEFAULT;
SELECT count(*) > 0 AS adopted FROM govern_runs('hv_runs');
SELECT count(*) > 0 AS adopted FROM govern_runs('hv_uuid');
SELECT count(*) > 0 AS adopted FROM govern_runs('hv_text');
SELECT count(*) > 0 AS adopted FROM govern_runs('hv_enum');
SELECT count(*) > 0 AS adopted FROM govern_runs('hv_parts', id_column => 'id');
SELECT run_table, complete, missing FROM guard_status() WHERE run_table LIKE 'public.hv_%';
-- Names and order of its columns, and whose rights its readers have.
SELECT * FROM refused('ALTER VIEW hv_runs_retry_history RENAME COLUMN original_run_id TO x');
SELECT * FROM refused('ALTER TABLE hv_runs_retry_history RENAME retry_run_id TO x') WHERE field = 'message';
SELECT * FROM refused('ALTER VIEW hv_runs_retry_history SET (security_invoker = false)') WHERE field = 'message';
SELECT * FROM refused('ALTER VIEW hv_runs_retry_history RESET (security_invoker)') WHERE field = 'message';
SELECT * FROM refused('DROP VIEW hv_runs_retry_history') WHERE field = 'message';
REVOKE SELECT ON hv_runs_retry_history FROM PUBLIC;
COMMENT ON VIEW hv_runs_retry_history IS 'retries';
-- The type of a column that it shows, or that guards name.
SELECT * FROM refused('ALTER TABLE hv_runs ALTER COLUMN status TYPE varchar(40)');
SELECT * FROM refused('ALTER TABLE hv_runs ALTER COLUMN error TYPE varchar') WHERE field = 'message';
ALTER TABLE hv_runs ALTER COLUMN note TYPE varchar(40);
-- Where guards were off.
ALTER EVENT TRIGGER retry_ledger_ddl_end DISABLE;
DROP VIEW hv_uuid_retry_history;
ALTER VIEW hv_enum_retry_history SET (security_invoker = false);
ALTER VIEW hv_runs_retry_history RENAME COLUMN original_run_id TO x;
CREATE OR REPLACE VIEW hv_text_retry_history WITH (security_invoker = true) AS
  SELECT tenant, original_run_id, retry_run_id, attempt, NULL::text AS original_status, NULL::text AS original_error,
         NULL::text AS retry_status, reason, actor, retried_at, voided_at
  FROM retry_history h WHERE run_table = 'public.hv_text' AND EXISTS (SELECT FROM hv_text);
ALTER VIEW hv_parts_retry_history RENAME TO hv_other;
ALTER EVENT TRIGGER retry_ledger_ddl_end ENABLE ALWAYS;
SELECT run_table, level, complete, missing FROM guard_status() WHERE run_table LIKE 'public.hv_%';
ALTER VIEW hv_other RENAME TO hv_parts_retry_history;
SELECT decision FROM govern_runs('hv_runs') WHERE item = 'history_view';
SELECT decision FROM govern_runs('hv_uuid') WHERE item = 'history_view';
SELECT decision FROM govern_runs('hv_text') WHERE item = 'history_view';
SELECT decision FROM govern_runs('hv_enum') WHERE item = 'history_view';
SELECT run_table, complete, missing FROM guard_status() WHERE run_table LIKE 'public.hv_%' AND NOT complete;

-- A key rests on no index that goes with a session.
CREATE COLLATION pg_temp.hv_mine (LOCALE = 'C');
CREATE UNIQUE INDEX hv_key ON hv_text (id COLLATE pg_temp.hv_mine);
SELECT * FROM refused('ALTER TABLE hv_text DROP CONSTRAINT hv_text_pkey');
CREATE TABLE hv_late (id text NOT NULL, status text NOT NULL);
CREATE UNIQUE INDEX hv_late_key ON hv_late (id COLLATE pg_temp.hv_mine);
SELECT * FROM refused($$SELECT govern_runs('hv_late')$$);
DISCARD TEMP;
CREATE UNIQUE INDEX hv_key ON hv_text (id COLLATE "C");
ALTER TABLE hv_text DROP CONSTRAINT hv_text_pkey;
SELECT complete FROM guard_status() WHERE run_table = 'public.hv_text';
