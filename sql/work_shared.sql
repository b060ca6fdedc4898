-- Who may share a queue, whose tables expire_leases settles that names none, and rows that can't be started.
CREATE ROLE ws_first; CREATE ROLE ws_second; CREATE ROLE ws_both IN ROLE ws_first, ws_second;
GRANT USAGE ON SCHEMA retry_ledger, public TO ws_first, ws_second;
GRANT EXECUTE ON FUNCTION claim_work, finish_work, expire_leases TO ws_first, ws_second;
CREATE TABLE ws_one (id bigint PRIMARY KEY, note text, status text NOT NULL DEFAULT 'queued'
  CHECK (status IN ('queued', 'running', 'completed', 'failed')), CONSTRAINT noted CHECK (status <> 'running' OR note IS NOT NULL));
CREATE TABLE ws_two (LIKE ws_one INCLUDING ALL);
ALTER TABLE ws_one OWNER TO ws_first;
ALTER TABLE ws_two OWNER TO ws_second;
SELECT count(*) > 0 AS adopted FROM govern_runs('ws_one');
SELECT count(*) > 0 AS adopted FROM govern_runs('ws_two');
SET ROLE ws_first;
SELECT set_work_queue('ws_one', 'shared by two', dispatch => 'all', lease => '1 microsecond');
SET ROLE ws_second;
SELECT * FROM refused($$SELECT set_work_queue('ws_two', 'shared by two')$$);
SELECT set_work_queue('ws_two', 'of the second', dispatch => 'all', lease => '1 microsecond');
-- Who may act for both may let them share one; from then on it takes such a role to change how either is handed out.
SET ROLE ws_both;
SELECT set_work_queue('ws_two', 'shared by two');
SET ROLE ws_second;
SELECT field, value FROM refused($$SELECT set_work_queue('ws_two', rate_limit => 1)$$) WHERE field = 'message';
SELECT set_work_queue('ws_two', 'of the second');

-- What was left in a queue that others have now isn't handed out there.
INSERT INTO ws_two (id, note) VALUES (1, 'left behind');
SELECT set_work_queue('ws_two', 'elsewhere');
SET ROLE ws_first;
SELECT set_work_queue('ws_one', 'of the second');
SELECT * FROM claim_work('of the second', 'w', 10);
RESET ROLE;
SELECT job_id, queue, state FROM work_item WHERE run_table = 'public.ws_two';

-- Without a queue's name whoever may be the owner settles as the owner, and nobody touches the others' tables.
SET ROLE ws_second;
SELECT job_id FROM claim_work('elsewhere', 'w', 10);
SET ROLE ws_first;
SELECT * FROM expire_leases();
RESET ROLE;
SELECT job_id, became FROM expire_leases() WHERE run_table LIKE 'public.ws%';
SELECT action, reason_code, replace(acting_role, current_user, 'the caller') AS acting_role FROM ledger_entry WHERE run_table = 'public.ws_two' AND action IN ('ended', 'lease_lost') ORDER BY 1;

-- A row that can't be started waits, and all else goes on.
SET ROLE ws_first;
INSERT INTO ws_one (id, note) VALUES (1, 'a'), (2, NULL), (3, 'b'), (4, NULL), (5, 'c');
\set VERBOSITY terse
CREATE FUNCTION pg_temp.claim(batch int) RETURNS SETOF text LANGUAGE plpgsql SET client_min_messages = error AS $$
  BEGIN RETURN QUERY SELECT job_id FROM retry_ledger.claim_work('of the second', 'w', batch, '1 hour'); END $$;
SELECT pg_temp.claim(2);
SELECT pg_temp.claim(10);
RESET ROLE;
SELECT job_id, state, put_off, not_before - now() <= interval '10 seconds' AS soon FROM work_item
  WHERE run_table = 'public.ws_one' ORDER BY job_id;
SELECT run_key, reason_code, evidence - '{not_before}'::text[] AS evidence FROM ledger_entry WHERE action = 'start_failed' ORDER BY run_key;
-- Longer each time, and it is claimed when nothing is in the way any more.
UPDATE work_item SET not_before = now(), put_off = 4 WHERE job_id = '2' AND run_table = 'public.ws_one';
SELECT pg_temp.claim(10);
SELECT job_id, put_off, not_before - now() BETWEEN interval '150 seconds' AND interval '160 seconds' AS longer FROM work_item
  WHERE run_table = 'public.ws_one' AND job_id = '2';
UPDATE ws_one SET note = 'd' WHERE id = 2;
UPDATE work_item SET not_before = now() WHERE job_id = '2' AND run_table = 'public.ws_one';
SELECT pg_temp.claim(10);
SELECT id, status FROM ws_one ORDER BY id;

-- What another role has claimed needs its table's name.
CREATE ROLE ws_worker;
GRANT USAGE ON SCHEMA retry_ledger TO ws_worker;
GRANT SELECT, UPDATE ON ws_one TO ws_worker;
GRANT EXECUTE ON FUNCTION finish_work TO ws_worker;
SET ROLE ws_worker;
SELECT field, value FROM refused($$SELECT finish_work('1', 1, 'completed')$$) WHERE field <> 'hint';
SELECT finish_work('1', 1, 'completed', run_table => 'ws_one');
RESET ROLE;
