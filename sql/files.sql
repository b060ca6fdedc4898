-- Files of runs: govern_files, what a file may do, how its run ends, retry_failed_files, workflow_progress.
CREATE TABLE fi_runs (id int PRIMARY KEY, tenant_id text, status text NOT NULL DEFAULT 'queued'
  CHECK (status IN ('queued', 'running', 'completed', 'completed_with_errors', 'failed')),
  completed_files int, failed_files int);
CREATE TABLE fi_files (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, run_id int NOT NULL, file_index int NOT NULL,
  tenant_id text, name text, status text NOT NULL DEFAULT 'pending'
  CHECK (status IN ('pending', 'running', 'completed', 'failed', 'error')), error text, UNIQUE (run_id, file_index));

-- Adoption: what is refused, what is decided.
SELECT * FROM refused($$SELECT govern_files('fi_files', 'fi_runs')$$);
SELECT count(*) > 0 AS adopted FROM govern_runs('fi_runs');
SELECT * FROM refused($$SELECT govern_files(NULL, 'fi_runs')$$);
SELECT * FROM refused($$SELECT govern_files('fi_files', NULL)$$);
SELECT * FROM refused($$SELECT govern_files('fi_runs', 'fi_runs')$$);
SELECT * FROM refused($$SELECT govern_files('fi_files', 'fi_runs', index_column => 'no column')$$);
SELECT * FROM refused($$SELECT govern_files('fi_files', 'fi_runs', run_column => 'name')$$);
SELECT * FROM refused($$SELECT govern_files('fi_files', 'fi_runs', retry_statuses => '{completed}')$$);
SELECT * FROM refused($$SELECT govern_files('fi_files', 'fi_runs', retry_statuses => '{pending}')$$);
SELECT * FROM refused($$SELECT govern_files('fi_files', 'fi_runs', completed_status => 'queued')$$);
SELECT * FROM refused($$SELECT govern_files('fi_files', 'fi_runs', completed_column => 'status')$$);
-- Rows that are there are taken as found, and counted; also files of runs that have ended.
INSERT INTO fi_files (run_id, file_index, status) VALUES (900, 1, 'failed'), (900, 2, 'completed'), (900, 3, 'running');
SELECT count(*) > 0 AS planned FROM govern_files('fi_files', 'fi_runs', dry_run => true);
SELECT count(*) AS counted FROM retry_ledger.file_count;
SELECT item, decision FROM govern_files('fi_files', 'fi_runs')
  WHERE item NOT IN ('existing_rows', 'row_level_security', 'ledger', 'lock', 'new_key', 'unique_key');
SELECT run_key, files, completed, failed, error FROM retry_ledger.file_count WHERE run_table = 'public.fi_runs';
-- A second call changes the mapping and counts nothing anew.
SELECT item, decision FROM govern_files('fi_files', 'fi_runs', completed_column => '')
  WHERE item IN ('table', 'completed_column', 'failed_column');
SELECT item, decision FROM govern_files('fi_files', 'fi_runs', completed_column => 'completed_files')
  WHERE item IN ('table', 'completed_column', 'failed_column');
SELECT sum(files) FROM retry_ledger.file_count WHERE run_table = 'public.fi_runs';
CREATE TABLE fi_others (id int PRIMARY KEY, run_id int NOT NULL, file_index int NOT NULL, status text NOT NULL);
SELECT * FROM refused($$SELECT govern_files('fi_others', 'fi_runs')$$);
SELECT * FROM refused($$ALTER TABLE fi_files DROP CONSTRAINT fi_files_run_id_file_index_key$$);

-- Births: into a run that is there and hasn't ended, in an initial status, as a first attempt.
INSERT INTO fi_runs (id, tenant_id) SELECT i, 't1' FROM generate_series(1, 30) i;
SELECT * FROM refused($$INSERT INTO fi_files (run_id, file_index, tenant_id) VALUES (99, 1, 't1')$$);
SELECT * FROM refused($$INSERT INTO fi_files (run_id, file_index, tenant_id, status) VALUES (1, 1, 't1', 'completed')$$);
SELECT * FROM refused($$INSERT INTO fi_files (run_id, file_index, tenant_id) VALUES (1, 1, 't2')$$);
INSERT INTO fi_files (run_id, file_index, tenant_id, attempt, is_retry) VALUES (1, 1, 't1', 7, true) RETURNING attempt, is_retry;
INSERT INTO fi_files (run_id, file_index, tenant_id, name) SELECT 1, i, 't1', 'file ' || i FROM generate_series(2, 5) i;
INSERT INTO fi_files (run_id, file_index, tenant_id) VALUES (1, 1, 't1') ON CONFLICT (run_id, file_index) DO NOTHING;
-- Changes: what a run may do, a file may; what ended is a fact.
UPDATE fi_files SET status = 'running' WHERE run_id = 1 AND file_index = 1;
UPDATE fi_files SET status = 'completed' WHERE run_id = 1 AND file_index = 1;
SELECT field, regexp_replace(value, '"file_id": "\d+"', '"file_id": ...') AS value
  FROM refused($$UPDATE fi_files SET name = 'x' WHERE run_id = 1 AND file_index = 1$$);
SELECT * FROM refused($$UPDATE fi_files SET status = 'unheard of' WHERE run_id = 1 AND file_index = 2$$);
SELECT * FROM refused($$UPDATE fi_files SET run_id = 2 WHERE run_id = 1 AND file_index = 2$$) WHERE field <> 'detail';
SELECT * FROM refused($$UPDATE fi_files SET file_index = 9 WHERE run_id = 1 AND file_index = 2$$) WHERE field <> 'detail';
SELECT * FROM refused($$DELETE FROM fi_files WHERE run_id = 1$$);
SELECT * FROM refused($$TRUNCATE fi_files$$);

-- The end of a run by its last file.  error files count as failed there, and are never retried.
UPDATE fi_files SET status = 'failed', error = 'boom' WHERE run_id = 1 AND file_index IN (2, 3);
UPDATE fi_files SET status = 'error' WHERE run_id = 1 AND file_index = 4;
SELECT status, completed_files, failed_files FROM fi_runs WHERE id = 1;
SELECT * FROM refused($$SELECT retry_failed_files(1, run_table => 'fi_runs')$$);
UPDATE fi_files SET status = 'completed' WHERE run_id = 1 AND file_index = 5;
SELECT status, completed_files, failed_files FROM fi_runs WHERE id = 1;
SELECT action, reason_code, count(*) FROM ledger_entry WHERE run_table = 'public.fi_runs' AND run_key = '1' GROUP BY 1, 2;
SELECT * FROM refused($$INSERT INTO fi_files (run_id, file_index, tenant_id) VALUES (1, 6, 't1')$$);
-- One statement for several runs, with births and ends; COPY; MERGE by ON CONFLICT.
COPY fi_files (run_id, file_index, tenant_id) FROM stdin;
2	1	t1
2	2	t1
3	1	t1
\.
UPDATE fi_files SET status = 'completed' WHERE run_id IN (2, 3) AND file_index = 1;
INSERT INTO fi_files (run_id, file_index, tenant_id) VALUES (2, 2, 't1'), (2, 3, 't1')
  ON CONFLICT (run_id, file_index) DO UPDATE SET status = 'completed';
MERGE INTO fi_files f USING (VALUES (2, 3), (4, 1)) v(run, i) ON f.run_id = v.run AND f.file_index = v.i
  WHEN MATCHED THEN UPDATE SET status = 'failed'
  WHEN NOT MATCHED THEN INSERT (run_id, file_index, tenant_id) VALUES (v.run, v.i, 't1');
SELECT id, status, completed_files, failed_files FROM fi_runs WHERE id IN (2, 3, 4) ORDER BY id;
-- Exception blocks: what was rolled back counts for nothing.
INSERT INTO fi_files (run_id, file_index, tenant_id) SELECT 5, i, 't1' FROM generate_series(1, 10) i;
DO $$ BEGIN
  FOR i IN 1..10 LOOP
    BEGIN
      UPDATE fi_files SET status = 'completed' WHERE run_id = 5 AND file_index = i;
      IF i % 3 = 0 THEN RAISE 'rolled back'; END IF;
    EXCEPTION WHEN raise_exception THEN NULL;
    END;
  END LOOP;
END $$;
SELECT status FROM fi_runs WHERE id = 5;
SELECT sum(files) AS files, sum(completed) AS completed FROM retry_ledger.file_count WHERE run_table = 'public.fi_runs' AND run_key = '5';
UPDATE fi_files SET status = 'failed' WHERE run_id = 5 AND status = 'pending';
SELECT status, completed_files, failed_files FROM fi_runs WHERE id = 5;
-- An application that ends its runs itself, by a trigger that fires before ours in the row of the last file.
CREATE FUNCTION fi_end() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NOT EXISTS (SELECT FROM fi_files WHERE run_id = NEW.run_id AND status IN ('pending', 'running')) THEN
    UPDATE fi_runs SET status = 'failed' WHERE id = NEW.run_id AND status = 'queued';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER a_before_ours AFTER UPDATE ON fi_files FOR EACH ROW EXECUTE FUNCTION fi_end();
INSERT INTO fi_files (run_id, file_index, tenant_id) VALUES (6, 1, 't1'), (6, 2, 't1'), (7, 1, 't1'), (7, 2, 't1');
UPDATE fi_files SET status = 'completed' WHERE run_id = 6 AND file_index = 1;
UPDATE fi_files SET status = 'completed' WHERE run_id = 6 AND file_index = 2;
UPDATE fi_files SET status = 'completed' WHERE run_id = 7;
SELECT id, status FROM fi_runs WHERE id IN (6, 7) ORDER BY id;
DROP TRIGGER a_before_ours ON fi_files;
BEGIN;
INSERT INTO fi_files (run_id, file_index, tenant_id) VALUES (8, 1, 't1');
UPDATE fi_runs SET status = 'failed' WHERE id = 8;
SELECT * FROM refused($$UPDATE fi_files SET status = 'completed' WHERE run_id = 8$$);
ROLLBACK;

-- retry_failed_files: failed and pending ones; completed and error ones stay.
INSERT INTO fi_files (run_id, file_index, tenant_id, name) SELECT 10, i, 't1', 'file ' || i FROM generate_series(1, 6) i;
UPDATE fi_files SET status = CASE file_index WHEN 1 THEN 'completed' WHEN 2 THEN 'error' WHEN 6 THEN 'running' ELSE 'failed' END,
  error = 'boom' WHERE run_id = 10 AND file_index <> 5;
UPDATE fi_runs SET status = 'failed' WHERE id = 10;  -- by hand: a file is pending, one is running
SELECT decision, code, attempt, detail ->> 'files' AS files, detail ->> 'failed_files' AS failed,
       detail ->> 'pending_files' AS pending FROM plan_retry(10, 'fi_runs');
SELECT * FROM retry_failed_files(10, run_table => 'fi_runs', new_run_id => '110', reason => 'Continue', request_id => 'click');
SELECT replayed, retry_run_id FROM retry_failed_files(10, run_table => 'fi_runs', new_run_id => '110', reason => 'Continue', request_id => 'click');
SELECT file_index, tenant_id, name, status, error, attempt, is_retry FROM fi_files WHERE run_id = 110 ORDER BY file_index;
SELECT count(*) AS of_their_index FROM fi_files n JOIN fi_files f ON f.id = n.parent_file_id AND f.file_index = n.file_index
  WHERE n.run_id = 110 AND f.run_id = 10;
SELECT * FROM workflow_progress WHERE run_id = '10';
UPDATE fi_files SET status = CASE file_index WHEN 3 THEN 'failed' ELSE 'completed' END WHERE run_id = 110;
SELECT status, completed_files, failed_files FROM fi_runs WHERE id = 110;
SELECT * FROM workflow_progress WHERE run_id = '10';
SELECT * FROM refused($$SELECT retry_failed_files(10, run_table => 'fi_runs')$$);
-- Refusals, as exceptions and as rows.
SELECT * FROM refused($$SELECT retry_failed_files('nope', run_table => 'fi_runs')$$);
SELECT * FROM refused($$SELECT retry_failed_files(NULL, run_table => 'fi_runs')$$);
SELECT * FROM refused($$SELECT retry_failed_files(1000, run_table => 'fi_runs')$$);
SELECT * FROM refused($$SELECT retry_failed_files(110, run_table => 'fi_runs', tenant => 't2')$$);
SELECT * FROM refused($$SELECT retry_failed_files(9, run_table => 'fi_runs')$$);
SELECT * FROM refused($$SELECT retry_failed_files(3, run_table => 'fi_runs')$$);
SELECT * FROM refused($$SELECT retry_failed_files(110, run_table => 'fi_files')$$);
SELECT * FROM refused($$SELECT retry_run(110, run_table => 'fi_runs')$$);
SELECT * FROM refused($$SELECT retry_failed_files(110, run_table => 'fi_runs', plan => 'not its plan')$$) WHERE field <> 'detail';
SELECT decision, detail ->> 'code' AS code, detail ->> 'http_status' AS http
  FROM retry_failed_files(3, run_table => 'fi_runs', on_refusal => 'record');
SELECT action, reason_code FROM ledger_entry WHERE run_table = 'public.fi_runs' AND run_key = '3' ORDER BY recorded_at;
INSERT INTO fi_files (run_id, file_index, tenant_id) VALUES (11, 1, 't1');
UPDATE fi_files SET status = 'error' WHERE run_id = 11;
SELECT * FROM refused($$SELECT retry_failed_files(11, run_table => 'fi_runs')$$);
-- A file at its limit blocks the whole call, and nothing changes.
SELECT set_retry_policy('fi_runs', max_attempts => 1) > 0 AS set;
SELECT field, regexp_replace(value, 'file \d+|"file_id": "\d+"', '<file>') AS value
  FROM refused($$SELECT retry_failed_files(110, run_table => 'fi_runs', new_run_id => '210')$$);
SELECT count(*) AS runs FROM fi_runs WHERE parent_run_id = 110;
SELECT set_retry_policy('fi_runs', max_attempts => 3) > 0 AS set;
SELECT plan_hash AS plan FROM plan_retry(110, 'fi_runs') \gset
SELECT attempt, detail FROM retry_failed_files(110, run_table => 'fi_runs', new_run_id => '210', plan => :'plan');
SELECT run_id, current_run_id, attempts, total, completed, failed, pending, error FROM workflow_progress WHERE run_id = '10';

-- The same rows by hand: a retry of the run, and new attempts of its failed and pending files.
INSERT INTO fi_files (run_id, file_index, tenant_id) SELECT 12, i, 't1' FROM generate_series(1, 3) i;
UPDATE fi_files SET status = CASE file_index WHEN 1 THEN 'failed' ELSE 'completed' END WHERE run_id = 12 AND file_index < 3;
UPDATE fi_runs SET status = 'failed' WHERE id = 12;
INSERT INTO fi_runs (id, tenant_id, parent_run_id) VALUES (112, 't1', 12);
SELECT id AS failed FROM fi_files WHERE run_id = 12 AND file_index = 1 \gset
SELECT id AS completed FROM fi_files WHERE run_id = 12 AND file_index = 2 \gset
SELECT id AS pending FROM fi_files WHERE run_id = 12 AND file_index = 3 \gset
SELECT id AS elsewhere FROM fi_files WHERE run_id = 10 AND file_index = 3 \gset
\set insert 'INSERT INTO fi_files (run_id, file_index, tenant_id, parent_file_id) VALUES (%s, %s, ''t1'', %s)'
SELECT f.* FROM refused(format(:'insert', 112, 1, 'NULL')) f WHERE field IN ('sqlstate', 'message', 'hint');
SELECT f.* FROM refused(format(:'insert', 112, 2, :completed)) f WHERE field IN ('sqlstate', 'message', 'hint') AND NOT value ~ 'file \d';
SELECT f.* FROM refused(format(:'insert', 112, 3, :elsewhere)) f WHERE field IN ('sqlstate', 'message', 'hint');
SELECT f.* FROM refused(format(:'insert', 112, 9, :failed)) f WHERE field IN ('sqlstate', 'message', 'hint');
SELECT f.* FROM refused(format(:'insert', 112, 1, 123456)) f WHERE field IN ('sqlstate', 'message', 'hint');
INSERT INTO fi_files (run_id, file_index, tenant_id, parent_file_id) VALUES (112, 1, 't1', :failed), (112, 3, 't1', :pending)
  RETURNING attempt, is_retry;
SELECT run_id, total, completed, failed, pending FROM workflow_progress WHERE run_id = '12';
UPDATE fi_files SET status = 'completed' WHERE run_id = 112;
SELECT status FROM fi_runs WHERE id = 112;
SELECT run_id, total, completed, failed, pending FROM workflow_progress WHERE run_id = '12';

-- Triggers of the application that suppress, rewrite or add files of a retry: all or nothing.
CREATE FUNCTION fi_meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.name = 'suppress' THEN RETURN NULL; END IF;
  IF NEW.name = 'rewrite' THEN NEW.file_index := 77; END IF;
  IF NEW.name = 'add' THEN
    INSERT INTO fi_files (run_id, file_index, tenant_id, parent_file_id)
      SELECT NEW.run_id, 50, 't1', id FROM fi_files WHERE run_id = 15 AND file_index = 2;
  END IF;
  RETURN NEW;
END $$;
INSERT INTO fi_files (run_id, file_index, tenant_id, name) VALUES
  (13, 1, 't1', 'suppress'), (14, 1, 't1', 'rewrite'), (15, 1, 't1', 'add'), (15, 2, 't1', NULL);
UPDATE fi_files SET status = CASE file_index WHEN 1 THEN 'failed' ELSE 'error' END WHERE run_id IN (13, 14, 15);
CREATE TRIGGER meddle BEFORE INSERT ON fi_files FOR EACH ROW EXECUTE FUNCTION fi_meddle();
SELECT * FROM refused($$SELECT retry_failed_files(13, run_table => 'fi_runs', new_run_id => '113')$$);
SELECT * FROM refused($$SELECT retry_failed_files(14, run_table => 'fi_runs', new_run_id => '114')$$);
SELECT * FROM refused($$SELECT retry_failed_files(15, run_table => 'fi_runs', new_run_id => '115')$$);
DROP TRIGGER meddle ON fi_files;
SELECT count(*) AS runs FROM fi_runs WHERE id IN (113, 114, 115);

-- Roles: who may only change files ends runs too, as foreign keys do, but under no search_path of theirs: the run's triggers name schemas.
CREATE ROLE fi_worker; CREATE ROLE fi_reader;
GRANT SELECT, INSERT, UPDATE ON fi_files TO fi_worker;
GRANT SELECT ON fi_files, fi_runs TO fi_reader;
CREATE TABLE fi_ends (run int, who text);
CREATE FUNCTION fi_note() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN INSERT INTO public.fi_ends VALUES (NEW.id, CASE current_user WHEN 'fi_worker' THEN 'worker' ELSE 'owner' END); RETURN NULL; END $$;
CREATE TRIGGER note AFTER UPDATE ON fi_runs FOR EACH ROW EXECUTE FUNCTION fi_note();
INSERT INTO fi_files (run_id, file_index, tenant_id) VALUES (16, 1, 't1');
SET ROLE fi_worker;
UPDATE fi_files SET status = 'failed' WHERE run_id = 16;
SELECT current_user;
SELECT * FROM refused($$SELECT retry_failed_files(16, run_table => 'fi_runs', new_run_id => '116')$$);
SET ROLE fi_reader;
SELECT * FROM refused($$SELECT retry_failed_files(16, run_table => 'fi_runs', new_run_id => '116')$$);
SELECT run_id, total, failed FROM workflow_progress WHERE run_id = '16';
RESET ROLE;
TABLE fi_ends;
-- Nor do they run for the owner what isn't his; and whoever ends a run, no trigger rewrites or suppresses that.
INSERT INTO fi_runs (id, tenant_id) VALUES (70, 't1'), (71, 't1');
INSERT INTO fi_files (run_id, file_index, tenant_id) VALUES (70, 1, 't1'), (71, 1, 't1');
ALTER FUNCTION fi_note() OWNER TO fi_reader;
SET ROLE fi_worker;
SELECT * FROM refused($$UPDATE fi_files SET status = 'failed' WHERE run_id = 70$$);
RESET ROLE;
DROP TRIGGER note ON fi_runs;
CREATE FUNCTION fi_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.id = 70 THEN RETURN NULL; END IF;
  NEW.failed_files := 0;
  RETURN NEW;
END $$;
CREATE TRIGGER rewrite BEFORE UPDATE ON fi_runs FOR EACH ROW EXECUTE FUNCTION fi_rewrite();
SELECT * FROM refused($$UPDATE fi_files SET status = 'failed' WHERE run_id = 70$$);
SELECT * FROM refused($$UPDATE fi_files SET status = 'failed' WHERE run_id = 71$$);
DROP TRIGGER rewrite ON fi_runs;
-- Triggers of files: what a retry takes up is charged once, and no file is born into a run that has ended.
UPDATE fi_files SET status = 'failed' WHERE run_id IN (70, 71);
CREATE FUNCTION fi_nested() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  UPDATE fi_files SET status = CASE NEW.run_id WHEN 72 THEN 'completed' ELSE 'running' END WHERE id = NEW.id;
  RETURN NULL;
END $$;
CREATE TRIGGER z_nested AFTER INSERT ON fi_files FOR EACH ROW EXECUTE FUNCTION fi_nested();
SELECT retry_run_id, detail FROM retry_failed_files(70, run_table => 'fi_runs', new_run_id => '170');
SELECT sum(files) AS files, sum(retried_failed) AS failed FROM retry_ledger.file_count WHERE run_table = 'public.fi_runs' AND run_key = '170';
INSERT INTO fi_runs (id, tenant_id) VALUES (72, 't1');
SELECT * FROM refused($$INSERT INTO fi_files (run_id, file_index, tenant_id) VALUES (72, 1, 't1'), (72, 2, 't1')$$);
DROP TRIGGER z_nested ON fi_files;
-- A statement may end a file and its run at once.  What it calls half-way may end the run, too; but once it has had the
-- run retried, the statement changes and bears no file of it.
INSERT INTO fi_runs (id, tenant_id) SELECT i, 't1' FROM generate_series(73, 78) i;
INSERT INTO fi_files (run_id, file_index, tenant_id) SELECT run, i, 't1' FROM generate_series(73, 76) run, generate_series(1, 2) i;
WITH run AS (UPDATE fi_runs SET status = 'failed' WHERE id = 73 RETURNING id)
UPDATE fi_files SET status = 'failed' WHERE run_id = (SELECT id FROM run) AND file_index = 1;
CREATE FUNCTION fi_end(run int, retry boolean) RETURNS text LANGUAGE plpgsql AS $$ BEGIN
  UPDATE fi_runs SET status = 'failed' WHERE id = run;
  IF retry THEN PERFORM retry_failed_files(run, run_table => 'fi_runs', new_run_id => (run + 100)::text); END IF;
  RETURN 'ended';
END $$;
UPDATE fi_files SET status = 'failed', error = fi_end(74, retry => false) WHERE run_id = 74 AND file_index = 1;
SELECT * FROM refused($$UPDATE fi_files SET status = 'failed', error = fi_end(75, retry => true) WHERE run_id = 75 AND file_index = 1$$);
SELECT * FROM refused($$INSERT INTO fi_files (run_id, file_index, tenant_id, error) VALUES (75, 3, 't1', fi_end(75, retry => true))$$)
  WHERE field = 'message';
SELECT run_id, r.status, f.status, f.error FROM fi_runs r JOIN fi_files f ON run_id = r.id WHERE r.id IN (73, 74, 75) ORDER BY 1, file_index;
-- A trigger of the runs bears a file while one ends with its last file; one of the files ends them before they are counted.
CREATE FUNCTION fi_bear() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO fi_files (run_id, file_index, tenant_id) VALUES (NEW.id, 3, 't1');
  RETURN NEW;
END $$;
CREATE TRIGGER bear BEFORE UPDATE ON fi_runs FOR EACH ROW EXECUTE FUNCTION fi_bear();
SELECT * FROM refused($$UPDATE fi_files SET status = 'completed' WHERE run_id = 76$$);
DROP TRIGGER bear ON fi_runs;
CREATE FUNCTION fi_end_all() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  UPDATE fi_files SET status = 'completed' WHERE run_id = NEW.run_id AND status = 'pending' AND (id = NEW.id OR NEW.run_id = 77);
  RETURN NULL;
END $$;
CREATE TRIGGER a_nested AFTER INSERT ON fi_files FOR EACH ROW EXECUTE FUNCTION fi_end_all();
INSERT INTO fi_files (run_id, file_index, tenant_id) VALUES (77, 1, 't1'), (77, 2, 't1'), (78, 1, 't1'), (78, 2, 't1');
SELECT status, completed_files, failed_files FROM fi_runs WHERE id IN (77, 78);
DROP TRIGGER a_nested ON fi_files;

-- Row level security hides files: the whole call is refused, for all or none can't be said.
CREATE TABLE fi_runs_2 (id int PRIMARY KEY, tenant_id text, status text NOT NULL DEFAULT 'queued'
  CHECK (status IN ('queued', 'completed', 'failed')));
CREATE TABLE fi_files_2 (id uuid DEFAULT gen_random_uuid() PRIMARY KEY, run_id int NOT NULL, file_index int NOT NULL,
  tenant_id text, secret boolean NOT NULL DEFAULT false, status text NOT NULL DEFAULT 'pending'
  CHECK (status IN ('pending', 'completed', 'failed')));
CREATE POLICY p ON fi_files_2 USING (NOT secret OR current_user = 'fi_worker');
ALTER TABLE fi_files_2 ENABLE ROW LEVEL SECURITY;
SELECT count(*) > 0 AS adopted FROM govern_runs('fi_runs_2');
SELECT decision FROM govern_files('fi_files_2', 'fi_runs_2', input_columns => '{secret}') WHERE item = 'unique_file';
GRANT SELECT, INSERT, UPDATE ON fi_runs_2, fi_files_2 TO fi_worker, fi_reader;
INSERT INTO fi_runs_2 VALUES (1, 't');
INSERT INTO fi_files_2 (run_id, file_index, tenant_id, secret) VALUES (1, 1, 't', true), (1, 2, 't', false);
UPDATE fi_files_2 SET status = 'failed';
SET ROLE fi_reader;
SELECT * FROM refused($$SELECT retry_failed_files(1, run_table => 'fi_runs_2', new_run_id => '2')$$);
SET ROLE fi_worker;
SELECT detail FROM retry_failed_files(1, run_table => 'fi_runs_2', new_run_id => '2');
RESET ROLE;
SELECT id, status FROM fi_runs_2 ORDER BY id;

-- Partitions: DML on the partition itself, one that is added later, keys and names that need quotes.
CREATE SCHEMA "fi X";
CREATE TYPE "fi X"."St" AS ENUM ('queued', 'completed', 'failed');
CREATE TABLE "fi X"."Run ""T" ("Id" text PRIMARY KEY, "Status" "fi X"."St" NOT NULL DEFAULT 'queued');
CREATE TABLE "fi X"."File's" ("Id" text DEFAULT gen_random_uuid()::text, "Run" text NOT NULL, "Nr" smallint NOT NULL,
  "Status" "fi X"."St" NOT NULL DEFAULT 'queued', "Size" int NOT NULL DEFAULT 1,
  "Twice" int GENERATED ALWAYS AS ("Size" * 2) STORED, PRIMARY KEY ("Id", "Run"), UNIQUE ("Run", "Nr")) PARTITION BY LIST ("Run");
CREATE TABLE "fi X"."p a" PARTITION OF "fi X"."File's" FOR VALUES IN ('a');
SELECT count(*) > 0 AS adopted FROM govern_runs('"fi X"."Run ""T"', id_column => 'Id', status_column => 'Status');
SELECT item, decision FROM govern_files('"fi X"."File''s"', '"fi X"."Run ""T"', id_column => 'Id', run_column => 'Run',
  index_column => 'Nr', status_column => 'Status') WHERE item IN ('partial_status', 'input_columns', 'outcome_columns', 'unique_file');
CREATE TABLE "fi X"."p b" PARTITION OF "fi X"."File's" DEFAULT;
INSERT INTO "fi X"."Run ""T" VALUES ('a'), ('b''x');
INSERT INTO "fi X"."File's" ("Run", "Nr", "Size") SELECT r, i, i FROM unnest('{a,b''x}'::text[]) r, generate_series(1, 3) i;
UPDATE "fi X"."p a" SET "Status" = 'completed' WHERE "Nr" = 1;
UPDATE "fi X"."p b" SET "Status" = 'failed' WHERE "Nr" < 3;
UPDATE "fi X"."p b" SET "Status" = 'completed' WHERE "Nr" = 3;
UPDATE "fi X"."File's" SET "Status" = 'completed' WHERE "Run" = 'a' AND "Nr" > 1;
SELECT "Id", "Status" FROM "fi X"."Run ""T" ORDER BY 1;
SELECT detail FROM retry_failed_files('b''x', new_run_id => 'c', run_table => '"fi X"."Run ""T"');
SELECT "Nr", "Status", "Size", "Twice", attempt FROM "fi X"."File's" WHERE "Run" = 'c' ORDER BY 1;
SELECT run_id, current_run_id, total, completed, failed, pending FROM workflow_progress WHERE run_id = 'b''x';
SELECT "check", passed, split_part(detail, ':', 1) AS detail FROM verify_installation('"fi X"."p b"') WHERE step NOT IN (4, 7);

-- Statuses by other names, declared transitions, retries counted from 0.  A second call that changes what a status
-- says of a file counts all files anew.
CREATE TABLE fi_jobs (id varchar(20) PRIMARY KEY, state text NOT NULL DEFAULT 'NEW');
CREATE TABLE fi_parts (id serial PRIMARY KEY, job_id text NOT NULL, file_index bigint NOT NULL,
  state varchar(20) NOT NULL DEFAULT 'NEW', retry_attempt smallint NOT NULL DEFAULT 0, UNIQUE (job_id, file_index));
SELECT count(*) > 0 AS adopted FROM govern_runs('fi_jobs', status_column => 'state',
  statuses => '{"initial": ["NEW"], "active": ["BUSY"], "ended": ["DONE", "FAILED"]}',
  transitions => '{"NEW": ["BUSY"], "BUSY": ["DONE", "FAILED"]}');
CREATE FUNCTION fi_govern_parts(more text) RETURNS TABLE (item text, decision text) LANGUAGE plpgsql AS $f$ BEGIN
  RETURN QUERY EXECUTE $$SELECT item, decision FROM govern_files('fi_parts', 'fi_jobs', run_column => 'job_id',
    status_column => 'state', statuses => '{"initial": ["NEW"], "active": ["BUSY"], "ended": ["OK", "FAILED", "REJECTED"]}'$$
    || more || $$) WHERE item IN ('success_statuses', 'retry_statuses', 'completed_status', 'partial_status')$$;
END $f$;
SELECT * FROM refused($$SELECT fi_govern_parts('')$$);
SELECT * FROM refused($$SELECT fi_govern_parts(', completed_status => ''DONE''')$$);
SELECT * FROM refused($$SELECT fi_govern_parts(', success_statuses => ''{NEW}'', completed_status => ''DONE''')$$);
SELECT * FROM refused($$SELECT fi_govern_parts(', success_statuses => ''{OK}'', completed_status => ''DONE'', retry_statuses => ''{OK}''')$$);
SELECT * FROM fi_govern_parts(', success_statuses => ''{OK}'', completed_status => ''DONE''');
INSERT INTO fi_jobs (id) VALUES ('a'), ('b');
INSERT INTO fi_parts (job_id, file_index) SELECT j, i FROM unnest('{a,b}'::text[]) j, generate_series(1, 3) i;
UPDATE fi_parts SET state = 'OK' WHERE job_id = 'a' OR file_index = 1;
UPDATE fi_parts SET state = 'FAILED' WHERE job_id = 'b' AND file_index = 2;
UPDATE fi_parts SET state = 'REJECTED' WHERE job_id = 'b' AND file_index = 3;
SELECT * FROM fi_jobs ORDER BY id;
SELECT run_id, total, completed, failed, error FROM workflow_progress WHERE run_table = 'public.fi_jobs' ORDER BY 1;
SELECT * FROM refused($$SELECT fi_govern_parts(', success_statuses => ''{OK,REJECTED}''')$$);
SELECT * FROM fi_govern_parts(', retry_statuses => ''{FAILED,REJECTED,NEW}''');
SELECT run_id, total, completed, failed, error FROM workflow_progress WHERE run_table = 'public.fi_jobs' ORDER BY 1;
SELECT detail FROM retry_failed_files('b', run_table => 'fi_jobs', new_run_id => 'c');
SELECT file_index, state, retry_attempt FROM fi_parts WHERE job_id = 'c' ORDER BY 1;
SELECT run_id, total, completed, failed, error, pending FROM workflow_progress WHERE run_table = 'public.fi_jobs' ORDER BY 1;
SELECT "check", passed FROM verify_installation('fi_parts');

-- verify_installation tries a run of its own.
SELECT "check", passed, detail FROM verify_installation('fi_files') WHERE step <> 4;
SELECT "check", passed, detail FROM verify_installation('fi_runs');
SELECT run_table, complete, missing FROM guard_status() WHERE run_table LIKE 'public.fi%' ORDER BY 1;

-- The way out: files first; what was counted goes, and a new adoption counts anew.
SELECT * FROM refused($$SELECT release_governance('fi_runs_2', 'over')$$);
SELECT count(*) FROM release_governance('fi_files_2', 'over');
SELECT count(*) FROM approve_release('fi_files_2');
SELECT count(*) FROM retry_ledger.file_count WHERE run_table = 'public.fi_runs_2';
UPDATE fi_files_2 SET attempt = 5, status = 'failed' WHERE run_id = 2;
SELECT count(*) > 0 AS adopted FROM govern_files('fi_files_2', 'fi_runs_2');
SELECT run_id, total, completed, failed, pending FROM workflow_progress WHERE run_table = 'public.fi_runs_2' ORDER BY 1;
-- One file at its limit, whatever its run's attempt: the whole call.
UPDATE fi_runs_2 SET status = 'failed' WHERE id = 2;
SELECT field, regexp_replace(value, 'file [-0-9a-f]{36}|"file_id": "[^"]*"', '<file>') AS value
  FROM refused($$SELECT retry_failed_files(2, run_table => 'fi_runs_2', new_run_id => '3')$$);
SELECT count(*) AS runs FROM fi_runs_2 WHERE id = 3;
SELECT count(*) AS wrong FROM ledger_entry e WHERE leaf_hash IS DISTINCT FROM ledger_leaf_hash(e);
