-- An application's own table of artifacts as checkpoints.
\pset format unaligned
\pset footer off
CREATE TABLE cm_jobs (id int PRIMARY KEY, tenant_id text, status text NOT NULL DEFAULT 'queued', error text);
SELECT count(*) > 0 AS done FROM govern_runs('cm_jobs', statuses => '{"initial": ["queued"], "active": ["running", "stage 1", "stage 2"], "ended": ["completed", "failed"]}');
CREATE TABLE cm_artifacts (id bigint PRIMARY KEY, job_id int, stage text, uri text, created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at timestamptz, invalidated_at timestamptz, loose timestamptz, size int);
SELECT * FROM refused($$SELECT map_checkpoints('cm_jobs', 'cm_artifacts')$$);
SELECT count(*) > 0 AS done FROM govern_write_once('cm_artifacts', '{invalidated_at,loose,size}');
SELECT * FROM map_checkpoints('cm_jobs', 'cm_artifacts');
SELECT run_key, evidence FROM ledger_entry WHERE action = 'checkpoints_mapped' AND run_table = 'public.cm_jobs';
-- What can't be mapped.
SELECT * FROM refused($$SELECT map_checkpoints('cm_jobs', 'cm_artifacts', run_column => 'uri')$$);
SELECT * FROM refused($$SELECT map_checkpoints('cm_jobs', 'cm_artifacts', ref_column => 'nothing')$$) WHERE field IN ('message', 'hint');
SELECT * FROM refused($$SELECT map_checkpoints('cm_jobs', 'cm_artifacts', id_column => 'uri')$$) WHERE field IN ('message', 'hint');
SELECT * FROM refused($$SELECT map_checkpoints('cm_jobs', 'cm_artifacts', at_column => 'expires_at')$$) WHERE field IN ('message', 'hint');
SELECT * FROM refused($$SELECT map_checkpoints('cm_jobs', 'cm_artifacts', at_column => 'loose')$$) WHERE field IN ('message', 'hint');
SELECT * FROM refused($$SELECT map_checkpoints('cm_jobs', 'cm_artifacts', valid_until_column => 'size')$$) WHERE field IN ('message', 'hint');
SELECT * FROM refused($$SELECT map_checkpoints('cm_artifacts', 'cm_artifacts')$$) WHERE field = 'message';
SELECT * FROM refused($$SELECT map_checkpoints(NULL, 'cm_artifacts')$$) WHERE field = 'message';
CREATE ROLE cm_other;
GRANT USAGE ON SCHEMA retry_ledger TO cm_other;
SET ROLE cm_other;
SELECT * FROM refused($$SELECT map_checkpoints('cm_jobs', 'cm_artifacts')$$);
RESET ROLE;
-- The newest valid one, over the lineage, ours among them.
INSERT INTO cm_jobs (id, tenant_id) VALUES (9101, 'a'), (9102, 'a');
INSERT INTO cm_artifacts (id, job_id, stage, uri, created_at) VALUES (1, 9101, 'stage 1', 's3://1', '2026-01-01'), (2, 9101, 'stage 2', 's3://2', '2026-01-02'),
  (3, 9101, 'stage 2', 's3://3', '2026-01-02'), (4, 9101, 'elsewhere', 's3://4', '2026-01-03'), (5, 9102, 'stage 1', 's3://5', '2026-01-04'),
  (8, 9101, NULL, 's3://8', '2026-02-01'), (9, 9101, 'stage 2', NULL, '2026-02-01');
INSERT INTO cm_artifacts (id, job_id, stage, uri, created_at, expires_at) VALUES (6, 9101, 'stage 2', 's3://6', '2026-01-05', '2026-01-06');
SELECT * FROM latest_checkpoint(9101, 'cm_jobs');
UPDATE cm_artifacts SET invalidated_at = now() WHERE id = 3;
SELECT checkpoint_id, ref FROM latest_checkpoint(9101, 'cm_jobs');
SELECT record_checkpoint(9101, 'stage 1', 'ours', run_table => 'cm_jobs') IS NOT NULL AS done;
SELECT ref FROM latest_checkpoint(9101, 'cm_jobs');
INSERT INTO cm_artifacts (id, job_id, stage, uri) VALUES (7, 9101, 'stage 2', 's3://7');
SELECT checkpoint_id, ref FROM latest_checkpoint(9101, 'cm_jobs');
UPDATE cm_jobs SET status = 'failed';
SELECT retry_run_id, resume_from_status, checkpoint_ref FROM retry_run(9101, run_table => 'cm_jobs', new_run_id => '9111', resume => '2');
SELECT checkpoint_id FROM retry WHERE run_table = 'public.cm_jobs';
UPDATE cm_jobs SET status = 'failed' WHERE id = 9111;
SELECT * FROM refused($$SELECT retry_run(9111, run_table => 'cm_jobs', new_run_id => '9112', resume => '3')$$) WHERE field IN ('sqlstate', 'message');
SELECT * FROM refused($$SELECT retry_run(9111, run_table => 'cm_jobs', new_run_id => '9112', resume => '4')$$) WHERE field IN ('sqlstate', 'message');
SELECT * FROM refused($$SELECT retry_run(9111, run_table => 'cm_jobs', new_run_id => '9112', resume => '5')$$) WHERE field IN ('sqlstate', 'message');
SELECT * FROM refused($$SELECT retry_run(9111, run_table => 'cm_jobs', new_run_id => '9112', resume => '6')$$) WHERE field IN ('sqlstate', 'message');
-- Whoever sees the run needs no right to read the artifacts; whoever doesn't see it is told nothing.
GRANT SELECT, INSERT ON cm_jobs TO cm_other;
SET ROLE cm_other;
SELECT checkpoint_id, run_id, attempt FROM latest_checkpoint(9111, 'cm_jobs');
SELECT resume_from_status FROM retry_run(9111, run_table => 'cm_jobs', new_run_id => '9112', resume => 'latest');
RESET ROLE;
UPDATE cm_jobs SET status = 'failed' WHERE id = 9112;
SELECT * FROM refused($$SELECT retry_run(9112, run_table => 'cm_jobs', new_run_id => '9113', resume => '9')$$) WHERE field IN ('sqlstate', 'message');
SELECT * FROM refused($$ALTER TABLE cm_artifacts RENAME COLUMN uri TO link$$) WHERE field = 'message';
-- A retry that has left something was handed out, whatever has become of that, and of the mapping.
INSERT INTO cm_jobs (id) SELECT generate_series(9121, 9123);
UPDATE cm_jobs SET status = 'failed' WHERE id BETWEEN 9121 AND 9123;
SELECT retry_run_id FROM generate_series(9121, 9123) i, retry_run(i, run_table => 'cm_jobs', new_run_id => (i + 10)::text);
INSERT INTO cm_artifacts (id, job_id, stage, uri, expires_at, invalidated_at) VALUES (10, 9131, 'stage 1', 's3://10', '2026-01-01', NULL),
  (11, 9132, 'elsewhere', NULL, NULL, now());
SELECT * FROM refused($$SELECT dispatch_failed(9131, run_table => 'cm_jobs')$$);
SELECT * FROM refused($$SELECT dispatch_failed(9132, run_table => 'cm_jobs')$$) WHERE field IN ('sqlstate', 'message');
CREATE TABLE cm_others (id bigint PRIMARY KEY, job_id int, stage text, uri text, at timestamptz NOT NULL DEFAULT clock_timestamp());
SELECT count(*) > 0 AS done FROM govern_append_only('cm_others');
SELECT decision FROM map_checkpoints('cm_jobs', 'cm_others') WHERE item = 'at_column';
SELECT * FROM refused($$SELECT dispatch_failed(9132, run_table => 'cm_jobs')$$) WHERE field IN ('sqlstate', 'message');
SELECT count(*) FILTER (WHERE decision IS NOT NULL) AS mapped_again FROM map_checkpoints('cm_jobs', 'cm_artifacts');
SELECT artifact_table, run_column, replaced_at IS NULL AS in_force FROM checkpoint_source WHERE run_table = 'cm_jobs'::regclass ORDER BY 1;
-- What artifacts say that are there stays.
SELECT * FROM refused($$SELECT map_checkpoints('cm_jobs', 'cm_artifacts', ref_column => 'stage')$$);
SELECT * FROM refused($$SELECT map_checkpoints('cm_jobs', 'cm_artifacts', valid_until_column => 'loose')$$) WHERE field = 'message';
-- A table that isn't governed any more; the mapping is taken back.
SELECT count(*) > 0 AS done FROM release_governance('cm_artifacts', 'test');
SELECT count(*) > 0 AS done FROM approve_release('cm_artifacts');
SELECT * FROM refused($$SELECT * FROM latest_checkpoint(9101, 'cm_jobs')$$);
SELECT status FROM dispatch_failed(9133, run_table => 'cm_jobs');
SELECT count(*) FILTER (WHERE decision IS NULL) AS taken_back FROM map_checkpoints('cm_jobs', NULL);
SELECT ref FROM latest_checkpoint(9101, 'cm_jobs');
REVOKE ALL ON cm_jobs FROM cm_other;
REVOKE ALL ON SCHEMA retry_ledger FROM cm_other;
DROP ROLE cm_other;
-- A ref may be a value of several parts, and is one even if some of them are NULL.
BEGIN;
CREATE TYPE cm_place AS (bucket text, path text);
CREATE TABLE cm_places (id bigint PRIMARY KEY, job_id int, stage text, ref cm_place, created_at timestamptz NOT NULL DEFAULT clock_timestamp());
SELECT count(*) > 0 AS done FROM govern_append_only('cm_places');
SELECT count(*) > 0 AS done FROM map_checkpoints('cm_jobs', 'cm_places');
INSERT INTO cm_places VALUES (1, 9102, 'stage 2', ROW('s3', NULL)), (2, 9102, 'stage 2', NULL);
SELECT checkpoint_id, ref FROM latest_checkpoint(9102, 'cm_jobs');
ROLLBACK;
