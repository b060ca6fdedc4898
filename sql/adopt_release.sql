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
SELECT action, acting_role, evidence - '{requested_at,login_role,login_oid,table_oid}'::text[] AS evidence FROM ledger_entry WHERE run_table = 'public.ad_leave' AND action LIKE 'release%' ORDER BY entry_id;
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

-- History goes by the table's name. The table that was released has a claim to it, and so has one that has all of its runs.
CREATE TABLE ad_name (id serial PRIMARY KEY, status text NOT NULL DEFAULT 'queued', who text);
ALTER TABLE ad_name OWNER TO regress_team;
SELECT count(*) > 0 AS done FROM govern_runs('ad_name');
INSERT INTO ad_name (who) VALUES ('old 1'), ('old 2');
UPDATE ad_name SET status = 'failed';
SELECT retry_run_id FROM retry_run(1, run_table => 'ad_name', request_id => 'a click');
SELECT count(*) > 0 AS done FROM release_governance('ad_name', 'for a while');
SELECT count(*) > 0 AS done FROM approve_release('ad_name');
SELECT evidence ->> 'table_owner' AS owner, (evidence ->> 'table_oid')::oid = 'ad_name'::regclass AS same FROM ledger_entry
  WHERE run_table = 'public.ad_name' AND action = 'released';
BEGIN;
SET LOCAL ROLE regress_ann;
SELECT item, decision, detail FROM govern_runs('ad_name') WHERE item IN ('history', 'existing_retries');
ROLLBACK;
-- What is gone of it goes with its whole lineage, and no run is born with its key.
BEGIN;
DELETE FROM ad_name WHERE id IN (1, 3);
SELECT item, decision, detail FROM govern_runs('ad_name', dry_run => true) WHERE item = 'history';
SELECT item, decision, detail FROM govern_runs('ad_name') WHERE item = 'history';
SELECT item, decision FROM govern_runs('ad_name', label => 'again') WHERE item = 'history';
SELECT field, value FROM refused($$INSERT INTO ad_name (id) VALUES (1)$$) WHERE field IN ('sqlstate', 'message');
INSERT INTO ad_name (who) VALUES ('new') RETURNING id;
ROLLBACK;
BEGIN;
DELETE FROM ad_name WHERE id = 1;
SELECT count(*) > 0 AS done FROM govern_runs('ad_name');
ROLLBACK;
SELECT * FROM refused($$DELETE FROM ad_name WHERE id = 3; SELECT govern_runs('ad_name')$$);
SELECT * FROM refused($$TRUNCATE ad_name RESTART IDENTITY; INSERT INTO ad_name (who) VALUES ('1'), ('2'), ('3'); SELECT govern_runs('ad_name')$$);
-- As after a dump of this table, and its restore.
BEGIN;
ALTER TABLE ad_name RENAME TO ad_name_before;
CREATE TABLE ad_name (LIKE ad_name_before INCLUDING ALL);
INSERT INTO ad_name SELECT * FROM ad_name_before;
SELECT item, decision, detail FROM govern_runs('ad_name') WHERE item = 'history';
SELECT run_table FROM retry_history WHERE run_table LIKE '%ad_name%';
ROLLBACK;
-- Another table, to whomever; other roles aren't told more.
ALTER TABLE ad_name RENAME TO ad_name_before;
GRANT CREATE ON SCHEMA public TO regress_stranger;
CREATE TABLE ad_name (id serial PRIMARY KEY, status text NOT NULL DEFAULT 'queued', who text);
SELECT * FROM refused($$SELECT govern_runs('ad_name')$$);
SELECT * FROM refused($$SELECT govern_runs('ad_name', dry_run => true)$$) WHERE field = 'message';
SELECT * FROM refused($$SELECT govern_append_only('ad_name')$$) WHERE field = 'message';
ALTER TABLE ad_name OWNER TO regress_stranger;
SET ROLE regress_stranger;
SELECT * FROM refused($$SELECT govern_runs('ad_name')$$);
SELECT * FROM refused($$SELECT govern_append_only('ad_name', dry_run => true)$$) WHERE field = 'message';
RESET ROLE;
ALTER TABLE ad_name RENAME TO ad_renamed;
SELECT item FROM govern_runs('ad_renamed') WHERE item = 'history';
-- The table itself under another name: its rows tell of its retries.
SELECT item, decision, detail FROM govern_runs('ad_name_before') WHERE item IN ('history', 'existing_retries');
-- A policy's functions run as the owner: not those that the former one chose.
CREATE TABLE ad_priced (id int PRIMARY KEY, status text NOT NULL);
ALTER TABLE ad_priced OWNER TO regress_team;
GRANT EXECUTE ON FUNCTION grant_credits TO regress_ann;
SET ROLE regress_ann;
CREATE FUNCTION ad_price(jsonb) RETURNS bigint LANGUAGE sql STABLE AS 'SELECT 0';
SELECT count(*) > 0 AS done FROM govern_runs('ad_priced');
SELECT set_retry_policy('ad_priced', price_function => 'ad_price') > 0 AS done;
RESET ROLE;
REVOKE EXECUTE ON FUNCTION grant_credits FROM regress_ann;
SELECT count(*) > 0 AS done FROM release_governance('ad_priced', 'over');
SELECT count(*) > 0 AS done FROM approve_release('ad_priced');
BEGIN;
SELECT item, decision FROM govern_runs('ad_priced') WHERE item = 'history';
ROLLBACK;
ALTER TABLE ad_priced OWNER TO regress_ann;
SELECT * FROM refused($$SELECT govern_runs('ad_priced')$$) WHERE field = 'message';
ALTER TABLE ad_priced OWNER TO CURRENT_USER;
SELECT * FROM refused($$SELECT govern_runs('ad_priced')$$);
