-- What adoption takes a column, a status or a parent for that nobody declared.
\pset format unaligned
\pset footer off
-- Other tests count all that is governed: nothing of this stays.
BEGIN;
-- camelCase is read as snake_case.
CREATE TYPE ag_status AS ENUM ('QUEUED', 'RUNNING', 'COMPLETED', 'FAILED');
CREATE TABLE "AgJob" ("id" text PRIMARY KEY, "status" ag_status NOT NULL DEFAULT 'QUEUED', "tenantId" text, "prompt" text, "errorMessage" text,
  "outputData" jsonb, "exitCode" int, "retryCount" int NOT NULL DEFAULT 0, "lockedBy" text, "lockedAt" timestamp, "createdAt" timestamp NOT NULL DEFAULT now(),
  "updatedAt" timestamp NOT NULL, "startedAt" timestamp, "finishedAt" timestamp, "durationMs" int, "parentRunId" text);
SELECT item, decision FROM govern_runs('"AgJob"') WHERE item ~ '_column(s)?$';
INSERT INTO "AgJob" ("id", "tenantId", "prompt", "updatedAt") VALUES ('a', 'acme', 'p', now());
SELECT set_retry_policy('"AgJob"', retryable_statuses => '{FAILED}') IS NOT NULL AS set;
UPDATE "AgJob" SET "status" = 'FAILED', "errorMessage" = 'boom', "startedAt" = now(), "finishedAt" = now(), "lockedBy" = 'w1', "exitCode" = 1, "outputData" = '{}', "durationMs" = 5;
SELECT attempt FROM retry_run('a', run_table => '"AgJob"', new_run_id => 'b');
SELECT "status", "tenantId", "prompt", "errorMessage", "outputData", "exitCode", "lockedBy", "startedAt", "finishedAt", "durationMs", "parentRunId", original_error
  FROM "AgJob" JOIN "AgJob_retry_history" h ON h.retry_run_id = "id";

-- What is asked for is carried over; a planned time, too, unless the table says when a run is due.
CREATE TABLE ag_llm (id int PRIMARY KEY, status text NOT NULL DEFAULT 'queued', messages text, max_tokens int, prompt_tokens int, output_format text, output_bucket text,
  log_level text, log_path text, completed_webhook text, stop_on_error boolean, last_error text, scheduled_at timestamptz, expires_at timestamptz NOT NULL,
  due_at timestamptz NOT NULL DEFAULT now() + interval '1 day', heartbeat_at timestamptz, updated_at timestamptz NOT NULL);
SELECT item, decision, detail FROM govern_runs('ag_llm', dry_run => true) WHERE item IN ('input_columns', 'outcome_columns', 'planned_times', 'now_columns');
SELECT * FROM refused($$SELECT govern_runs('ag_llm', input_columns => '{messages}', dry_run => true)$$);
SELECT count(*) > 0 AS done FROM govern_runs('ag_llm');
INSERT INTO ag_llm (id, messages, max_tokens, output_format, completed_webhook, expires_at, due_at, updated_at) VALUES (1, 'hi', 4096, 'json', 'https://x', '2100-01-01', '2000-01-01', now());
UPDATE ag_llm SET status = 'failed';
SELECT attempt FROM retry_run(1, run_table => 'ag_llm', new_run_id => '2');
SELECT messages, max_tokens, output_format, completed_webhook, expires_at > updated_at AS alive, due_at > now() AS due FROM ag_llm WHERE id = 2;

-- Statuses that don't fit aren't guessed, nor can they be declared.
CREATE TABLE ag_narrow (id int PRIMARY KEY, status varchar(8) NOT NULL DEFAULT 'queued');
SELECT item, decision FROM govern_runs('ag_narrow', dry_run => true) WHERE item ~ '_statuses';
SELECT * FROM refused($$SELECT govern_runs('ag_narrow', statuses => '{"initial": ["queued"], "active": ["dispatched"], "ended": ["failed"]}')$$);
CREATE TABLE ag_flow (id int PRIMARY KEY, status varchar(20) NOT NULL);
CREATE TABLE ag_file (id serial PRIMARY KEY, run_id int NOT NULL, file_index int NOT NULL, status varchar(20) NOT NULL);
SELECT count(*) > 0 AS done FROM govern_runs('ag_flow');
SELECT item, decision FROM govern_files('ag_file', 'ag_flow') WHERE item IN ('completed_status', 'partial_status');
INSERT INTO ag_flow VALUES (1, 'queued');
INSERT INTO ag_file (run_id, file_index, status) VALUES (1, 1, 'queued'), (1, 2, 'queued');
UPDATE ag_file SET status = CASE file_index WHEN 1 THEN 'failed' ELSE 'completed' END;
SELECT status FROM ag_flow;
CREATE TABLE ag_flow2 (id int PRIMARY KEY, status varchar(20) NOT NULL);
CREATE TABLE ag_file2 (id serial PRIMARY KEY, run_id int NOT NULL, file_index int NOT NULL, status varchar(20) NOT NULL);
SELECT count(*) > 0 AS done FROM govern_runs('ag_flow2', statuses => '{"initial": ["queued"], "ended": ["completed", "lost"]}');
SELECT * FROM refused($$SELECT govern_files('ag_file2', 'ag_flow2')$$);

-- A run is started as the table's own are.
CREATE TABLE ag_started (id int PRIMARY KEY, status text NOT NULL DEFAULT 'queued');
INSERT INTO ag_started VALUES (1, 'running');
SELECT split_part(decision, ',', 1) AS first FROM govern_runs('ag_started', dry_run => true) WHERE item = 'active_statuses';

-- A default that no run may be born with is refused, with the ways out.
CREATE TABLE ag_default (id int PRIMARY KEY, status text NOT NULL DEFAULT 'running');
SELECT * FROM refused($$SELECT govern_runs('ag_default', dry_run => true)$$);
SELECT * FROM refused($$SELECT govern_runs('ag_default', statuses => '{"initial": ["queued"], "active": ["running"], "ended": ["failed"]}')$$) WHERE field IN ('message', 'hint');
SELECT split_part(decision, ',', 1) AS first FROM govern_runs('ag_default', statuses => '{"initial": ["running", "queued"], "ended": ["failed"]}', dry_run => true) WHERE item = 'initial_statuses';
ALTER TABLE ag_default ALTER COLUMN status SET DEFAULT 'failed';
SELECT * FROM refused($$SELECT govern_runs('ag_default')$$) WHERE field IN ('detail', 'hint');
ALTER TABLE ag_default ALTER COLUMN status DROP DEFAULT;
SELECT count(*) > 0 AS done FROM govern_runs('ag_default');

-- parent_run_id of sub-runs isn't taken for retries.
CREATE TABLE ag_sub (id int PRIMARY KEY, parent_run_id int, status text NOT NULL, name text);
INSERT INTO ag_sub VALUES (1, NULL, 'running', 'root'), (2, 1, 'queued', 'a'), (3, NULL, 'completed', 'whole'), (4, 3, 'completed', 'part'), (5, NULL, 'failed', 'r'), (6, 5, 'queued', 'r');
SELECT * FROM refused($$SELECT govern_runs('ag_sub', dry_run => true)$$);
SELECT * FROM refused($$SELECT govern_runs('ag_sub')$$) WHERE field IN ('message', 'detail');
SELECT decision FROM govern_runs('ag_sub', parent_column => 'parent_run_id', dry_run => true) WHERE item = 'existing_retries';
SELECT item, decision, detail FROM govern_runs('ag_sub', parent_column => '') WHERE item IN ('parent_column', 'input_columns', 'existing_retries');
SELECT decision FROM govern_runs('ag_sub', parent_column => '') WHERE item = 'parent_column';
UPDATE ag_sub SET status = 'failed' WHERE id = 2;
SELECT attempt FROM retry_run(2, run_table => 'ag_sub', new_run_id => '7');
SELECT parent_run_id, retry_of FROM ag_sub WHERE id = 7;

-- A guessed status that no row has can go, one that a row has can't, nor one that files or a queue end runs with.
SELECT item, decision FROM govern_runs('ag_sub', statuses => '{"initial": ["queued"], "active": ["running"], "ended": ["completed", "failed"]}') WHERE item ~ '_statuses';
SELECT * FROM refused($$SELECT govern_runs('ag_sub', statuses => '{"initial": ["queued"], "active": ["running"], "ended": ["completed"]}')$$) WHERE field = 'message';
SELECT * FROM refused($$SELECT govern_runs('ag_sub', statuses => '{"initial": ["queued"], "active": ["running", "failed"], "ended": ["completed"]}')$$) WHERE field = 'message';
SELECT * FROM refused($$SELECT govern_runs('ag_flow', statuses => '{"initial": ["queued"], "active": ["running"], "ended": ["failed", "cancelled"]}')$$);

-- A column that was added to a write-once table may be written once, as long as no row has a value.
CREATE TABLE ag_once (id int PRIMARY KEY, verified_at date, revoked_by text);
INSERT INTO ag_once VALUES (1, NULL, NULL);
SELECT count(*) > 0 AS done FROM govern_write_once('ag_once', '{verified_at}');
CREATE TYPE ag_marks AS (oral int, written int);
ALTER TABLE ag_once ADD COLUMN note text, ADD COLUMN grade text DEFAULT 'none', ADD COLUMN marks ag_marks DEFAULT ROW(1, NULL)::ag_marks;
SELECT decision FROM govern_write_once('ag_once', '{verified_at,note}') WHERE item = 'once_columns';
UPDATE ag_once SET note = 'n';
SELECT * FROM refused($$UPDATE ag_once SET note = 'm'$$) WHERE field = 'message';
SELECT * FROM refused($$SELECT govern_write_once('ag_once', '{verified_at,note,grade}')$$);
SELECT * FROM refused($$SELECT govern_write_once('ag_once', '{verified_at,note,marks}')$$) WHERE field IN ('sqlstate', 'message');
-- One that was there says by its NULL what it says.
SELECT * FROM refused($$SELECT govern_write_once('ag_once', '{verified_at,note,revoked_by}')$$) WHERE field IN ('sqlstate', 'message');
ROLLBACK;
