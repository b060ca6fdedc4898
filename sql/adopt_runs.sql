-- govern_runs: what it decides, what it would do, and that a dry run does nothing.
\pset format unaligned
\pset footer off
CREATE TABLE ad_runs (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), tenant_id uuid NOT NULL, worker_id text NOT NULL, task jsonb,
  status text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'running', 'completed', 'failed')),
  error text, started_at timestamptz, completed_at timestamptz, created_at timestamptz NOT NULL);
INSERT INTO ad_runs SELECT ('00000000-0000-0000-0000-00000000000' || i)::uuid, '11111111-1111-1111-1111-111111111111',
  'w' || i, '{"prompt": "go"}', (ARRAY['queued', 'running', 'completed', 'failed'])[1 + i % 4],
  CASE WHEN i % 4 = 3 THEN 'boom' END, NULL, NULL, '2024-01-01' FROM generate_series(1, 8) i;

SELECT item, decision, ad_shown(detail) AS detail FROM govern_runs('ad_runs', label => 'worker_run', dry_run => true);
SELECT count(*) AS columns FROM pg_attribute WHERE attrelid = 'ad_runs'::regclass AND attnum > 0;
SELECT count(*) AS triggers FROM pg_trigger WHERE tgrelid = 'ad_runs'::regclass;
SELECT count(*) AS governed FROM governed_tables WHERE run_table = 'ad_runs'::regclass;
SELECT count(*) AS entries FROM ledger_entry WHERE run_table = 'public.ad_runs';
SELECT to_regclass('ad_runs_retry_history');
UPDATE ad_runs SET worker_id = worker_id WHERE status = 'failed';

-- The same rows, done; and the digest of a dry run is that of the adoption, although columns are added.
CREATE TABLE ad_dry AS SELECT * FROM govern_runs('ad_runs', label => 'worker_run', dry_run => true);
CREATE TABLE ad_done AS SELECT * FROM govern_runs('ad_runs', label => 'worker_run');
SELECT item, ad_shown(detail) FROM ad_dry EXCEPT SELECT item, ad_shown(detail) FROM ad_done ORDER BY 1, 2;
SELECT item, detail FROM ad_done EXCEPT SELECT item, detail FROM ad_dry ORDER BY 1, 2;
SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = 'ad_runs'::regclass ORDER BY 1;
SELECT action, evidence - 'digest' AS evidence FROM ledger_entry WHERE run_table = 'public.ad_runs' ORDER BY entry_id;
SELECT r.evidence ->> 'digest' = substring(d.detail FROM 'digest ([0-9a-f]+)') AS same_digest
  FROM ledger_entry r, ad_done d WHERE r.run_table = 'public.ad_runs' AND d.item = 'existing_rows';
SELECT kind, label, key_column, status_column, tenant_column, initial_statuses, ended_statuses, input_columns,
  outcome_columns, frozen_columns, void_status FROM governed_tables WHERE run_table = 'ad_runs'::regclass;
SELECT now_columns, new_key, accepted FROM governed_table WHERE run_table = 'ad_runs'::regclass;

-- It governs: the message of scenario W, a retry, its history with the parent's status and whole error.
SELECT field, value FROM refused($$UPDATE ad_runs SET error = NULL WHERE id = '00000000-0000-0000-0000-000000000003'$$)
  WHERE field IN ('sqlstate', 'message');
SELECT original_run_id, attempt, status, original_status FROM retry_run('00000000-0000-0000-0000-000000000003', run_table => 'ad_runs');
SELECT original_run_id, attempt, original_status, original_error, retry_status, reason FROM ad_runs_retry_history;
SELECT tenant_id, worker_id, task, status, error, started_at, created_at > '2024-01-02' AS born_now, attempt, is_retry
  FROM ad_runs WHERE parent_run_id IS NOT NULL;
SELECT relowner = (SELECT relowner FROM pg_class WHERE oid = 'ad_runs'::regclass) AS owner, reloptions
  FROM pg_class WHERE oid = 'ad_runs_retry_history'::regclass;

-- Again: nothing is named, everything is kept.
SELECT item, decision, ad_shown(detail) AS detail FROM govern_runs('ad_runs');

-- What is found by name, and what a table says of its statuses.
CREATE TYPE ad_state AS ENUM ('NEW', 'RUNNING', 'FAILED', 'SUCCEEDED', 'Cancelled');
CREATE TABLE ad_enum (
  run_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, account_id int, state ad_state NOT NULL, error_message text,
  retry_of bigint REFERENCES ad_enum, attempt_number smallint NOT NULL DEFAULT 1, is_retry boolean,
  retry_reason text, input jsonb, output jsonb, seq serial, twice bigint GENERATED ALWAYS AS (run_id * 2) STORED,
  duration_ms int, heartbeat_at timestamptz, priority int NOT NULL);
SELECT item, decision, ad_shown(detail) AS detail FROM govern_runs('ad_enum');
INSERT INTO ad_enum (account_id, state, priority, input) VALUES (7, 'NEW', 3, '{}');
UPDATE ad_enum SET state = 'FAILED', error_message = 'no';
SELECT field, value FROM refused($$SELECT * FROM retry_run(1, run_table => 'ad_enum')$$) WHERE field IN ('sqlstate', 'message');
SELECT set_retry_policy('ad_enum', retryable_statuses => '{FAILED}');
SELECT retry_run_id, status, original_status FROM retry_run(1, run_table => 'ad_enum');
SELECT run_id, account_id, state, error_message, retry_of, attempt_number, is_retry, retry_reason, seq, twice, priority
  FROM ad_enum ORDER BY 1;
SELECT original_error, retry_status FROM ad_enum_retry_history;

-- Plain text: all known statuses, spelled and born as the table's own.
CREATE TABLE ad_plain (id text PRIMARY KEY, status varchar(20) DEFAULT 'PENDING', error text);
INSERT INTO ad_plain VALUES ('a', 'FAILED'), ('b', 'PENDING'), ('c', 'COMPLETED');
SELECT item, decision FROM govern_runs('ad_plain') WHERE item ~ 'statuses|new_key|void|existing_rows';
-- An owner's function in a CHECK isn't called: it doesn't say which values are allowed.
CREATE FUNCTION ad_trap(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RAISE EXCEPTION 'called'; END $$;
CREATE TABLE ad_trapped (id int PRIMARY KEY, status text CHECK (status = ad_trap('queued')));
SELECT item, decision FROM govern_runs('ad_trapped') WHERE item = 'initial_statuses';
-- CHECKs in other forms, and a domain's.
CREATE DOMAIN ad_domain AS varchar(20) CHECK (VALUE = ANY ('{queued,running,failed,completed}'::text[]));
CREATE TABLE ad_checked (id int PRIMARY KEY, status ad_domain CHECK (status IS NULL OR status = 'queued' OR status = 'failed' OR status = 'completed'));
SELECT item, decision, detail FROM govern_runs('ad_checked') WHERE item ~ 'statuses';
CREATE TABLE ad_varchar_check (id int PRIMARY KEY, status varchar(20) CHECK (status IN ('queued', 'failed') OR status = ANY (ARRAY['completed'::varchar, 'running'])));
SELECT item, decision FROM govern_runs('ad_varchar_check') WHERE item ~ 'statuses';
CREATE TABLE ad_two (id int PRIMARY KEY, status text CHECK (status IN ('queued', 'completed', 'failed', 'odd')) CHECK (status <> 'odd' OR id > 0) CHECK (status IN ('queued', 'completed', 'failed')));
SELECT item, decision FROM govern_runs('ad_two') WHERE item ~ 'statuses';

-- Everything named.
CREATE TABLE ad_named (k int PRIMARY KEY DEFAULT 5, s text, t text, p int, a bigint DEFAULT 1, r boolean, e jsonb, w text, i1 int, o1 int, x timestamptz NOT NULL);
SELECT item, decision, ad_shown(detail) AS detail FROM govern_runs('ad_named', 'k', 's', 't', 'p', 'a', 'r', 'e', 'w',
  statuses => '{"initial": ["waiting", "queued"], "active": ["busy"], "ended": ["done", "broken", "lost"]}',
  transitions => '{"waiting": ["busy"], "busy": ["done", "broken"], "queued": ["busy", "lost"]}',
  input_columns => '{i1}', label => 'job', void_status => 'lost', require_tenant => true);
INSERT INTO ad_named (k, s, t, i1, o1, x) VALUES (1, 'queued', 'me', 1, 1, now());
SELECT field, value FROM refused($$UPDATE ad_named SET s = 'done'$$);
SELECT field, value FROM refused($$SELECT * FROM retry_run('1', run_table => 'ad_named')$$) WHERE field <> 'detail';
-- An empty name: there is no such column, although one has its name.
CREATE TABLE ad_none (id int PRIMARY KEY, status text, account_id int, error text, error_message text);
SELECT item, decision, detail FROM govern_runs('ad_none', tenant_column => '', error_column => '') WHERE item ~ 'tenant|error|columns';

-- Names without underscores are understood, and statuses fit into the column.
CREATE TABLE ad_camel_users (id int PRIMARY KEY);
CREATE TABLE ad_camel ("id" text PRIMARY KEY, "status" varchar(10) NOT NULL DEFAULT 'queued', "tenantId" text, "prompt" text, "errorMessage" text,
  "userId" int REFERENCES ad_camel_users ON DELETE CASCADE, "outputData" jsonb, "exitCode" int, "retryCount" int NOT NULL DEFAULT 0, "lockedBy" text,
  "createdAt" timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP, "updatedAt" timestamp(3) NOT NULL, "finishedAt" timestamp(3), "durationMs" int);
SELECT item, decision, detail FROM govern_runs('ad_camel') WHERE item IN ('tenant_column', 'error_column', 'input_columns', 'outcome_columns',
  'ended_statuses', 'now_columns') OR item LIKE 'foreign%';
SELECT field, value FROM refused($$SELECT govern_runs('ad_camel', statuses => '{"initial": ["queued"], "ended": ["failed", "interrupted"]}')$$)
  WHERE field IN ('message', 'detail', 'hint');
-- What comes later starts anew until it is named, and a retry says so where it can't.
ALTER TABLE ad_camel ADD COLUMN temperature float NOT NULL DEFAULT 0, ADD COLUMN "startedAt" timestamp;
ALTER TABLE ad_camel ALTER COLUMN temperature DROP DEFAULT;
INSERT INTO ad_camel (id, "tenantId", "updatedAt", temperature) VALUES ('a', 't', now(), 0.7);
UPDATE ad_camel SET status = 'failed';
SELECT * FROM refused($$SELECT retry_run('a', run_table => 'ad_camel', new_run_id => 'b')$$);
SELECT decision FROM govern_runs('ad_camel', input_columns => '{prompt,userId,temperature}') WHERE item = 'input_columns';
SELECT retry_run_id FROM retry_run('a', run_table => 'ad_camel', new_run_id => 'b');
SELECT temperature FROM ad_camel WHERE id = 'b';
-- A key that is always generated may be given all the same.
CREATE TABLE ad_always (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, status text NOT NULL DEFAULT 'queued');
SELECT count(*) > 0 AS done FROM govern_runs('ad_always');
INSERT INTO ad_always DEFAULT VALUES;
UPDATE ad_always SET status = 'failed';
SELECT retry_run_id FROM retry_run(1, run_table => 'ad_always', new_run_id => '77');
