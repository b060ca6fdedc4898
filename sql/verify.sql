-- guard_status and verify_installation: what is there, and whether it holds.
CREATE FUNCTION vi_verify(t regclass) RETURNS TABLE (step int, "check" text, passed boolean, detail text) LANGUAGE sql AS $$
  SELECT step, "check", passed, regexp_replace(
    CASE WHEN step = 3 THEN regexp_replace(detail, '^version [0-9]+: .*', 'version N: ...') ELSE detail END,
    '\m[0-9a-f]{8}-[0-9a-f-]{27}\M', '<uuid>', 'g')
  FROM verify_installation(t) $$;
CREATE TABLE vi_runs (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), tenant_id text NOT NULL, task text NOT NULL,
  status text NOT NULL, error text);
SELECT count(*) > 0 AS adopted FROM govern_runs('vi_runs',
  statuses => '{"initial": ["queued"], "active": ["running"], "ended": ["completed", "failed"]}', label => 'worker_run');
SELECT * FROM guard_status() WHERE run_table = 'public.vi_runs';

-- An empty table, no row to copy from: task and tenant can't be guessed.
SELECT * FROM vi_verify('vi_runs');
-- A run that has ended well: a run is made after it.
INSERT INTO vi_runs (tenant_id, task, status) VALUES ('a', 't', 'queued');
UPDATE vi_runs SET status = 'completed';
SELECT * FROM vi_verify('vi_runs');
-- A run that may be retried.
INSERT INTO vi_runs (tenant_id, task, status) VALUES ('a', 't', 'queued');
UPDATE vi_runs SET status = 'failed' WHERE status = 'queued';
SELECT * FROM vi_verify('vi_runs');
-- Nothing stays behind, and nothing is recorded.
SELECT count(*) AS runs, count(*) FILTER (WHERE is_retry) AS retries FROM vi_runs;
SELECT count(*) AS links FROM retry WHERE run_table = 'public.vi_runs';
SELECT action, count(*) FROM ledger_entry WHERE run_table = 'public.vi_runs' GROUP BY action ORDER BY 1;
-- All failed runs are retried already: one is made.
SELECT t.attempt FROM vi_runs r, retry_run(r.id, run_table => 'vi_runs') t WHERE r.status = 'failed';
SELECT step, passed, detail LIKE '%of a run made for it' AS made FROM vi_verify('vi_runs') WHERE step = 4;
-- Within a transaction that goes on.
BEGIN;
INSERT INTO vi_runs (tenant_id, task, status) VALUES ('a', 'kept', 'queued');
SELECT count(*) FILTER (WHERE passed) AS passed, count(*) AS checks FROM vi_verify('vi_runs');
COMMIT;
SELECT count(*) AS kept FROM vi_runs WHERE task = 'kept';

-- As a role that may not do it all: what can't be tried is skipped, never passed.
CREATE ROLE vi_reader; CREATE ROLE vi_worker; CREATE ROLE vi_nobody;
GRANT SELECT ON vi_runs TO vi_reader;
GRANT SELECT, INSERT, UPDATE ON vi_runs TO vi_worker;
GRANT EXECUTE ON FUNCTION vi_verify TO PUBLIC;
SET ROLE vi_nobody;
SELECT * FROM vi_verify('vi_runs');
SET ROLE vi_reader;
SELECT * FROM vi_verify('vi_runs');
SET ROLE vi_worker;
SELECT * FROM vi_verify('vi_runs');
RESET ROLE;
-- A declared machine: the way to a failed run goes through it.
CREATE TABLE vi_machine (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, status text NOT NULL);
SELECT count(*) > 0 AS adopted FROM govern_runs('vi_machine',
  statuses => '{"initial": ["queued"], "active": ["dispatched", "running"], "ended": ["completed", "failed"]}',
  transitions => '{"queued": ["dispatched"], "dispatched": ["running"], "running": ["completed", "failed"]}');
SELECT * FROM vi_verify('vi_machine');
-- Keys without a default.
CREATE TABLE vi_caller (id bigint PRIMARY KEY, status text NOT NULL);
SELECT count(*) > 0 AS adopted FROM govern_runs('vi_caller');
INSERT INTO vi_caller (id, status) VALUES (41, 'queued');
UPDATE vi_caller SET status = 'failed';
SELECT step, passed, detail FROM vi_verify('vi_caller') WHERE step IN (4, 6);
-- Partitions, asked for by one of them.
CREATE TABLE vi_parts (id int NOT NULL, region text NOT NULL, status text NOT NULL, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
CREATE TABLE vi_parts_eu PARTITION OF vi_parts FOR VALUES IN ('eu');
CREATE TABLE vi_parts_us PARTITION OF vi_parts FOR VALUES IN ('us');
SELECT count(*) > 0 AS adopted FROM govern_runs('vi_parts', input_columns => '{region}');
INSERT INTO vi_parts (id, region, status) VALUES (1, 'eu', 'queued');
UPDATE vi_parts SET status = 'failed';
SELECT * FROM guard_status() WHERE run_table LIKE 'public.vi_parts%';
SELECT * FROM vi_verify('vi_parts_us');
-- A foreign key of another table doesn't keep TRUNCATE from being tried.
CREATE TABLE vi_child (run uuid REFERENCES vi_runs);
SELECT passed, detail FROM vi_verify('vi_runs') WHERE step = 10;
DROP TABLE vi_child;

-- Append-only and write-once tables.
CREATE TABLE vi_steps (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text);
CREATE TABLE vi_traces (id int PRIMARY KEY, note text NOT NULL, finished_at timestamptz);
SELECT count(*) > 0 AS adopted FROM govern_append_only('vi_steps');
SELECT count(*) > 0 AS adopted FROM govern_write_once('vi_traces', once_columns => '{finished_at}');
SELECT * FROM vi_verify('vi_steps');
SELECT * FROM vi_verify('vi_traces');
INSERT INTO vi_traces VALUES (1, 'one', NULL);
SELECT * FROM vi_verify('vi_traces');
UPDATE vi_traces SET finished_at = now();
SELECT * FROM vi_verify('vi_traces');
SELECT run_table, kind, level, complete, missing FROM guard_status() WHERE run_table IN ('public.vi_steps', 'public.vi_traces');

-- A superuser who switches the event triggers off can take guards away: that is seen, and tried.
CREATE FUNCTION vi_break(command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE t record; found text; runs regclass := 'vi_runs';
BEGIN
  FOR t IN SELECT evtname FROM pg_event_trigger WHERE evtname LIKE 'retry\_ledger%' LOOP
    EXECUTE format('ALTER EVENT TRIGGER %I DISABLE', t.evtname);
  END LOOP;
  EXECUTE command;
  SELECT string_agg(format('%s: %s', v."check", v.detail), '; ') INTO found FROM vi_verify(runs) v WHERE NOT passed;
  RAISE EXCEPTION USING message = coalesce(found, 'nothing');
EXCEPTION WHEN OTHERS THEN RETURN sqlerrm;
END $$;
SET client_min_messages = warning;
SELECT vi_break(c) FROM unnest(ARRAY['SELECT 1',
  'ALTER TABLE vi_runs DISABLE TRIGGER retry_ledger_delete',
  'ALTER TABLE vi_runs ENABLE REPLICA TRIGGER retry_ledger_change',
  'DROP TRIGGER retry_ledger_truncate ON vi_runs',
  'ALTER TABLE vi_runs DROP COLUMN error CASCADE',
  'ALTER TABLE vi_runs RENAME TO vi_runs_renamed',
  'DELETE FROM governed_table WHERE run_table = ''vi_runs''::regclass']) c;
RESET client_min_messages;

-- Refusals.
SELECT * FROM refused($$SELECT * FROM verify_installation('pg_class')$$);
SELECT count(*) AS nothing FROM verify_installation(NULL);
DROP OWNED BY vi_reader, vi_worker, vi_nobody;
DROP ROLE vi_reader, vi_worker, vi_nobody;

-- Rules that refuse the run at hand aren't a fault: what can't be tried under them is skipped.
CREATE TABLE vi_rules (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, model text, error text,
  status text NOT NULL CHECK (status IN ('queued', 'failed')));
SELECT count(*) > 0 AS adopted FROM govern_runs('vi_rules');
INSERT INTO vi_rules (status) VALUES ('queued'); UPDATE vi_rules SET status = 'failed', error = 'AssertionError: 1 != 2';
SELECT set_retry_policy('vi_rules', failure_classes => '{infra_transient}');
SELECT step, "check", passed, detail FROM vi_verify('vi_rules');
INSERT INTO vi_rules (status) VALUES ('queued'); UPDATE vi_rules SET status = 'failed', error = 'HTTP 503 Service Unavailable' WHERE status = 'queued';
SELECT count(*) FILTER (WHERE passed) AS passed, count(*) AS steps FROM vi_verify('vi_rules');

-- What lets whoever writes rows hide some is no more than none, named at adoption and later; honest indexes aren't.
CREATE TABLE vi_doubts (id int PRIMARY KEY, status text NOT NULL, began_at timestamptz, ended_at timestamptz, place point,
  score float8, error text) PARTITION BY RANGE (id);
CREATE TABLE vi_doubts_1 PARTITION OF vi_doubts FOR VALUES FROM (1) TO (100);
CREATE INDEX vi_slow ON vi_doubts (id) WHERE age(ended_at, began_at) > interval '1 day';
CREATE INDEX vi_words ON vi_doubts USING gin (to_tsvector('simple', error)) WHERE status = 'failed';
CREATE INDEX vi_lower ON vi_doubts (lower(error), (score > 1));
SELECT item, decision FROM govern_runs('vi_doubts', dry_run => true) WHERE item = 'missing';
SELECT item, decision, detail FROM govern_runs('vi_doubts') WHERE item = 'missing';
CREATE INDEX "vi Place" ON vi_doubts_1 USING gist (point(score, score), place);
ALTER TABLE vi_doubts ADD CONSTRAINT vi_check CHECK (score::text <> 'x') NOT VALID;
SELECT run_table, level, complete, unnest(missing) FROM guard_status() WHERE run_table LIKE 'public.vi\_doubts%';
-- Functions of the application aren't run for whoever asks.
CREATE FUNCTION vi_trap() RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
  BEGIN IF current_setting('vi.armed', true) = 'yes' THEN RAISE 'run as %', current_user; END IF; RETURN 'x'; END $$;
CREATE INDEX vi_trapped ON vi_doubts ((vi_trap() || error)) WHERE vi_trap() = 'x';
ALTER TABLE vi_doubts ADD CONSTRAINT vi_trapped CHECK (error <> vi_trap()) NOT VALID;
SET vi.armed = 'yes';
SELECT count(*) FROM guard_status() WHERE run_table LIKE 'public.vi\_doubts%';
RESET vi.armed;
DROP INDEX vi_slow, "vi Place";
ALTER TABLE vi_doubts DROP CONSTRAINT vi_check;
SELECT run_table, level, complete, missing FROM guard_status() WHERE run_table LIKE 'public.vi\_doubts%';
