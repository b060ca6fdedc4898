-- Partitions of governed tables: new ones come empty and get all guards, none goes.
CREATE ROLE dp_owner;
CREATE SCHEMA dp AUTHORIZATION dp_owner;
SET ROLE dp_owner;
SET search_path = dp, public, retry_ledger;
CREATE TABLE runs (id int NOT NULL, day date NOT NULL, status text NOT NULL, note text, PRIMARY KEY (id, day))
  PARTITION BY RANGE (day);
CREATE TABLE runs_1 PARTITION OF runs FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
CREATE TABLE runs_2 PARTITION OF runs FOR VALUES FROM ('2024-02-01') TO ('2024-03-01') PARTITION BY LIST (id);
CREATE TABLE runs_2a PARTITION OF runs_2 DEFAULT;
SELECT count(*) > 0 AS adopted FROM govern_runs('runs', id_column => 'id');
INSERT INTO runs (id, day, status) VALUES (1, '2024-01-05', 'queued'), (2, '2024-02-05', 'queued');
UPDATE runs SET status = 'failed' WHERE id = 1;
RESET ROLE;
CREATE VIEW public.dp_guards AS
  SELECT tgrelid::regclass AS relation, string_agg(tgname || ':' || tgenabled::text, ' ' ORDER BY tgname) AS guards
  FROM pg_trigger WHERE tgname LIKE 'retry\_ledger\_%' AND tgrelid::regclass::text LIKE 'runs%' GROUP BY 1;
GRANT SELECT ON public.dp_guards TO dp_owner;
SET ROLE dp_owner;

-- Refused.
SELECT * FROM refused('DROP TABLE runs_1');
SELECT * FROM refused('DROP TABLE runs_2a');
SELECT * FROM refused('ALTER TABLE runs DETACH PARTITION runs_1');
SELECT * FROM refused('ALTER TABLE runs_2 DETACH PARTITION runs_2a');
ALTER TABLE runs DETACH PARTITION runs_1 CONCURRENTLY;
SELECT * FROM refused('ALTER TABLE runs_1 DISABLE TRIGGER retry_ledger_change');
SELECT * FROM refused('ALTER TABLE ONLY runs DISABLE TRIGGER retry_ledger_change');
SELECT * FROM refused('ALTER TABLE runs_1 ENABLE TRIGGER retry_ledger_delete');
SELECT * FROM refused('DROP TRIGGER retry_ledger_truncate ON runs_2a');
SELECT * FROM refused('ALTER TABLE runs DISABLE TRIGGER USER');
SELECT * FROM refused('ALTER TABLE runs RENAME COLUMN note TO remark');
SELECT * FROM refused('ALTER TABLE runs_1 SET UNLOGGED');
SELECT * FROM refused('ALTER TABLE runs ADD COLUMN dice float DEFAULT random()');
CREATE TABLE filled (LIKE runs);
INSERT INTO filled (id, day, status, attempt, is_retry) VALUES (7, '2024-03-05', 'completed', 1, false);
SELECT * FROM refused($$ALTER TABLE runs ATTACH PARTITION filled FOR VALUES FROM ('2024-03-01') TO ('2024-04-01')$$);
-- Its rows may have been used before they were deleted.
DELETE FROM filled;
SELECT value FROM refused($$ALTER TABLE runs ATTACH PARTITION filled FOR VALUES FROM ('2024-03-01') TO ('2024-04-01')$$) WHERE field = 'message';
BEGIN;
TRUNCATE filled;
ALTER TABLE runs ATTACH PARTITION filled FOR VALUES FROM ('2024-03-01') TO ('2024-04-01');
ROLLBACK;
-- A statement that is under way knows of no guards.
CREATE TABLE busy (LIKE runs INCLUDING ALL);
CREATE FUNCTION attach_busy() RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  ALTER TABLE runs ATTACH PARTITION busy FOR VALUES FROM ('2024-03-01') TO ('2024-04-01');
  RETURN 8;
END $$;
SELECT * FROM refused($$INSERT INTO busy (id, day, status, attempt, is_retry) SELECT attach_busy(), '2024-03-05', 'completed', 1, false$$);
SELECT count(*) FROM busy;

-- Allowed, and complete: from a definition, by ATTACH, below a partition, as a default, in one transaction with rows.
CREATE TABLE runs_3 PARTITION OF runs FOR VALUES FROM ('2024-03-01') TO ('2024-04-01');
CREATE TABLE runs_4 (LIKE runs INCLUDING ALL) PARTITION BY LIST (id);
CREATE TABLE runs_4a PARTITION OF runs_4 DEFAULT;
ALTER TABLE runs ATTACH PARTITION runs_4 FOR VALUES FROM ('2024-04-01') TO ('2024-05-01');
CREATE TABLE runs_2b PARTITION OF runs_2 FOR VALUES IN (42);
CREATE TABLE runs_rest PARTITION OF runs DEFAULT;
BEGIN;
CREATE TABLE runs_5 PARTITION OF runs FOR VALUES FROM ('2024-05-01') TO ('2024-06-01');
INSERT INTO runs (id, day, status) VALUES (5, '2024-05-05', 'queued');
COMMIT;
SELECT count(DISTINCT guards) = 1 AS all_the_same, count(*) FROM dp_guards;
SELECT * FROM dp_guards WHERE relation = 'runs_4a'::regclass;
SELECT * FROM refused('TRUNCATE runs_3');
SELECT * FROM refused('DROP TABLE runs_3');
ALTER TABLE runs_3 RENAME TO runs_march;
CREATE INDEX ON runs_march (note);
ALTER TABLE runs ADD COLUMN extra text, ADD COLUMN number int DEFAULT 7;
SELECT * FROM refused('ALTER TABLE runs DROP COLUMN extra');
SELECT * FROM refused('UPDATE runs_1 SET extra = $$x$$');
-- Row level security, policies and rules of a partition are judged as those of its table, and accepted there.
SELECT * FROM refused('ALTER TABLE runs_1 ENABLE ROW LEVEL SECURITY');
SELECT field, value FROM refused('ALTER TABLE runs_1 FORCE ROW LEVEL SECURITY') WHERE field IN ('sqlstate', 'message');
SELECT field, value FROM refused('CREATE POLICY nobody ON runs_1 USING (false)') WHERE field IN ('sqlstate', 'message');
SELECT field, value FROM refused('CREATE RULE nothing AS ON UPDATE TO runs_2a DO INSTEAD NOTHING') WHERE field IN ('sqlstate', 'message');
SELECT field, value FROM refused($$SELECT accept_ddl('runs_1', 'ALTER TABLE runs_1 ENABLE ROW LEVEL SECURITY', 'x')$$) WHERE field <> 'detail';
SELECT accept_ddl('runs', 'ALTER TABLE runs_1 ENABLE ROW LEVEL SECURITY', 'tenants') -> 'after' -> 'partitions' AS partitions;
SELECT accept_ddl('runs', 'CREATE POLICY day ON runs_1 USING (day > now() - interval $i$1 year$i$)', 'tenants') ? 'after' AS accepted;
SELECT field, value FROM refused('DROP POLICY day ON runs_1') WHERE field IN ('sqlstate', 'message');
SELECT field, value FROM refused('ALTER TABLE runs_1 DISABLE ROW LEVEL SECURITY') WHERE field IN ('sqlstate', 'message');
SELECT field, value FROM refused('ALTER TABLE runs_1 RENAME TO runs_january') WHERE field IN ('sqlstate', 'message');
CREATE TABLE runs_6 (LIKE runs INCLUDING ALL);
ALTER TABLE runs_6 ENABLE ROW LEVEL SECURITY;
SELECT field, value FROM refused($$ALTER TABLE runs ATTACH PARTITION runs_6 FOR VALUES FROM ('2024-06-01') TO ('2024-07-01')$$) WHERE field IN ('sqlstate', 'message');
SELECT accept_ddl('runs', $$ALTER TABLE runs ATTACH PARTITION runs_6 FOR VALUES FROM ('2024-06-01') TO ('2024-07-01')$$, 'tenants') ? 'after' AS accepted;
RESET ROLE;
SELECT accepted = table_shape('dp.runs') AS recorded, accepted -> 'partitions' AS partitions FROM governed_table WHERE table_name = 'dp.runs';
-- Append-only and write-once tables: the same.  Rows on another server can't be guarded.
CREATE TABLE dp.log (at date, what text) PARTITION BY RANGE (at);
CREATE TABLE dp.notes (id int, note text) PARTITION BY LIST (id);
SELECT count(*) > 0 AS adopted FROM govern_append_only('dp.log');
SELECT count(*) > 0 AS adopted FROM govern_write_once('dp.notes', '{note}');
CREATE TABLE dp.log_1 PARTITION OF dp.log FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
CREATE TABLE dp.notes_1 PARTITION OF dp.notes DEFAULT;
INSERT INTO dp.log VALUES ('2024-01-01', 'x');
INSERT INTO dp.notes VALUES (1, NULL);
UPDATE dp.notes SET note = 'once';
SELECT field, value FROM refused('UPDATE dp.log_1 SET what = $$y$$') WHERE field IN ('sqlstate', 'message');
SELECT field, value FROM refused('UPDATE dp.notes_1 SET note = $$y$$') WHERE field IN ('sqlstate', 'message');
SELECT field, value FROM refused('TRUNCATE dp.log_1') WHERE field IN ('sqlstate', 'message');
SELECT field, value FROM refused('TRUNCATE dp.notes_1') WHERE field IN ('sqlstate', 'message');
CREATE FOREIGN DATA WRAPPER dp_wrapper;
CREATE SERVER dp_server FOREIGN DATA WRAPPER dp_wrapper;
SELECT * FROM refused($$CREATE FOREIGN TABLE dp.log_far PARTITION OF dp.log FOR VALUES FROM ('2024-07-01') TO ('2024-08-01')
  SERVER dp_server$$);
SET client_min_messages = warning;
DROP FOREIGN DATA WRAPPER dp_wrapper CASCADE;
RESET client_min_messages;
DROP VIEW public.dp_guards;
RESET search_path;
