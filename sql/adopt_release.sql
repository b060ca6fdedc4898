-- The way out: one role asks, another approves within the hour; what was recorded stays.
\pset format unaligned
\pset footer off
CREATE ROLE regress_team;
CREATE ROLE regress_ann IN ROLE regress_team;
CREATE ROLE regress_bob IN ROLE regress_team;
GRANT CREATE ON SCHEMA public TO regress_team;
CREATE TABLE ad_leave (id int, status text, tenant_id text NOT NULL, PRIMARY KEY (id, tenant_id)) PARTITION BY LIST (tenant_id);
CREATE TABLE ad_leave_a PARTITION OF ad_leave DEFAULT;
ALTER TABLE ad_leave OWNER TO regress_team;
ALTER TABLE ad_leave_a OWNER TO regress_team;
INSERT INTO ad_leave VALUES (1, 'failed', 'a');
SELECT * FROM refused($$SELECT release_governance('ad_leave', 'why')$$);
SET ROLE regress_ann;
SELECT count(*) > 0 AS done FROM govern_runs('ad_leave');
SELECT attempt FROM retry_run(1, run_table => 'ad_leave', new_run_id => '2');
SELECT * FROM refused($$SELECT approve_release('ad_leave')$$);
SELECT * FROM refused($$SELECT release_governance('ad_leave', ' ')$$);
SELECT * FROM refused($$SELECT release_governance('ad_leave', NULL)$$) WHERE field IN ('sqlstate', 'message');
SELECT * FROM refused($$SELECT release_governance('ad_leave', repeat('x', 20000))$$) WHERE field IN ('sqlstate', 'message');
SELECT * FROM refused($$SELECT release_governance(NULL, 'why')$$);
SELECT * FROM release_governance('ad_leave', 'the table moves');
SELECT * FROM refused($$SELECT approve_release('ad_leave')$$);
SET ROLE regress_stranger;
SELECT * FROM refused($$SELECT approve_release('ad_leave')$$);
SELECT * FROM refused($$SELECT release_governance('ad_leave', 'mine')$$) WHERE field IN ('sqlstate', 'message');
RESET ROLE;
SELECT release_requested_by FROM governed_tables WHERE run_table = 'ad_leave'::regclass;
-- Still governed.
SELECT * FROM refused($$UPDATE ad_leave SET status = 'queued' WHERE id = 1$$) WHERE field IN ('sqlstate', 'message');
-- Too late.
UPDATE governed_table SET release_requested_at = now() - interval '61 minutes' WHERE run_table = 'ad_leave'::regclass;
SET ROLE regress_bob;
SELECT * FROM refused($$SELECT approve_release('ad_leave')$$);
SET ROLE regress_ann;
SELECT count(*) FROM release_governance('ad_leave', 'the table moves');
SET ROLE regress_bob;
SELECT * FROM approve_release('ad_leave');
RESET ROLE;
SELECT count(*) AS guards FROM pg_trigger WHERE tgrelid IN ('ad_leave'::regclass, 'ad_leave_a'::regclass);
SELECT to_regclass('ad_leave_retry_history') AS view;
SELECT count(*) AS configuration FROM governed_table WHERE run_table = 'ad_leave'::regclass;
SELECT count(*) AS keys FROM run_key WHERE run_table = 'public.ad_leave';
SELECT count(*) AS retries FROM retry WHERE run_table = 'public.ad_leave';
SELECT action, acting_role, evidence - '{requested_at,login_role,login_oid}'::text[] AS evidence FROM ledger_entry WHERE run_table = 'public.ad_leave' AND action LIKE 'release%' ORDER BY entry_id;
UPDATE ad_leave SET status = 'completed' WHERE id = 1;
SELECT * FROM refused($$SELECT approve_release('ad_leave')$$);
-- Governed again: what was recorded is found, and nothing is recorded twice.
SELECT item, decision FROM govern_runs('ad_leave') WHERE item = 'existing_retries';
SELECT count(*) AS retries FROM retry WHERE run_table = 'public.ad_leave';
SELECT count(*) AS keys FROM run_key WHERE run_table = 'public.ad_leave';
-- A superuser may do both; append-only tables go the same way.
CREATE TABLE ad_leave_steps (id int);
SELECT count(*) > 0 AS done FROM govern_append_only('ad_leave_steps');
SELECT decision FROM release_governance('ad_leave_steps', 'over') WHERE item = 'release';
SELECT * FROM approve_release('ad_leave_steps');
DROP TABLE ad_leave_steps;
