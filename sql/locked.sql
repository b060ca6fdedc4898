-- Level locked on a server that doesn't preload the library: nothing can be locked, and what was locked elsewhere
-- takes no writes.
CREATE TABLE lo_runs (id int PRIMARY KEY, status text NOT NULL, note text);
SELECT item, decision FROM govern_runs('lo_runs') WHERE item IN ('level', 'triggers');
INSERT INTO lo_runs VALUES (1, 'queued'), (2, 'queued');
UPDATE lo_runs SET status = 'failed' WHERE id = 1;
SELECT locked FROM governed_tables WHERE run_table = 'lo_runs'::regclass;
SELECT * FROM refused($$SELECT lock_governance('lo_runs')$$);
SELECT * FROM refused($$SELECT lock_governance(NULL)$$);
CREATE ROLE regress_lo_other;
SET ROLE regress_lo_other;
SELECT * FROM refused($$SELECT lock_governance('lo_runs')$$);
RESET ROLE;
-- As a dump from another server brings it: the configuration says so, and the guard is there.
CREATE TABLE lo_parts (id int, tenant_id text, status text NOT NULL, PRIMARY KEY (id, tenant_id)) PARTITION BY LIST (tenant_id);
CREATE TABLE lo_parts_a PARTITION OF lo_parts FOR VALUES IN ('a');
CREATE TABLE lo_steps (what text);
SELECT count(*) > 0 AS adopted FROM govern_runs('lo_parts');
SELECT count(*) > 0 AS adopted FROM govern_append_only('lo_steps');
DO $$
  DECLARE t regclass;
  BEGIN
    FOREACH t IN ARRAY '{lo_runs, lo_parts, lo_parts_a, lo_steps}'::regclass[] LOOP
      UPDATE governed_table SET locked = true WHERE run_table = t;
      EXECUTE format('CREATE TRIGGER retry_ledger_locked BEFORE INSERT OR UPDATE ON %s FOR EACH STATEMENT'
        ' EXECUTE FUNCTION guard_locked(); ALTER TABLE %1$s ENABLE ALWAYS TRIGGER retry_ledger_locked', t);
    END LOOP;
  END $$;
SELECT * FROM refused($$INSERT INTO lo_runs VALUES (3, 'queued')$$);
SELECT * FROM refused($$UPDATE lo_runs SET note = 'x' WHERE id = 2$$) WHERE field = 'message';
SELECT * FROM refused($$COPY lo_runs FROM PROGRAM 'echo "3,queued,"' CSV$$) WHERE field = 'message';
SELECT * FROM refused($$SELECT retry_run(1, run_table => 'lo_runs', new_run_id => '3')$$) WHERE field = 'message';
SELECT * FROM refused($$INSERT INTO lo_parts VALUES (1, 'a', 'queued')$$) WHERE field = 'message';
SELECT * FROM refused($$INSERT INTO lo_parts_a VALUES (1, 'a', 'queued')$$) WHERE field = 'message';
SELECT * FROM refused($$INSERT INTO lo_steps VALUES ('a step')$$) WHERE field = 'message';
-- The older refusals stay.
SELECT * FROM refused($$DELETE FROM lo_runs$$) WHERE field = 'message';
SELECT run_table, level, complete, missing FROM guard_status() WHERE run_table LIKE 'public.lo_%';
-- A new partition gets the guard, too.
CREATE TABLE lo_parts_b PARTITION OF lo_parts FOR VALUES IN ('b');
SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = 'lo_parts_b'::regclass AND tgname = 'retry_ledger_locked';
SELECT * FROM refused($$INSERT INTO lo_parts_b VALUES (1, 'b', 'queued')$$) WHERE field = 'message';
-- Without its guard it isn't locked, though guarded.
ALTER EVENT TRIGGER retry_ledger_ddl_end DISABLE;
DROP TRIGGER retry_ledger_locked ON lo_steps;
ALTER EVENT TRIGGER retry_ledger_ddl_end ENABLE ALWAYS;
SELECT level, complete, missing FROM guard_status() WHERE run_table = 'public.lo_steps';
-- A second look at the table keeps the lock.
SELECT decision FROM govern_runs('lo_runs', label => 'run') WHERE item = 'level';
SELECT locked FROM governed_tables WHERE run_table = 'lo_runs'::regclass;
-- The way out is open on any server, to two roles: a superuser can't do both for a locked table.
SELECT count(*) > 0 AS requested FROM release_governance('lo_runs', 'moved to a server without the library');
SELECT * FROM refused($$SELECT approve_release('lo_runs')$$);
SELECT evidence ->> 'login_role' = session_user AS login, evidence ->> 'login_oid' = session_user::regrole::oid::text AS oid
  FROM ledger_entry WHERE run_table = 'public.lo_runs' AND action = 'release_requested';
CREATE ROLE regress_lo_second SUPERUSER LOGIN;
-- Nor by becoming another role, be it renamed meanwhile: he logs in as another one.
SET SESSION AUTHORIZATION regress_lo_second;
SELECT :'USER' AS first_login \gset
SELECT * FROM refused($$SELECT approve_release('lo_runs')$$);
ALTER ROLE :first_login RENAME TO regress_lo_renamed;
SELECT field FROM refused($$SELECT approve_release('lo_runs')$$) WHERE value LIKE '%login%';
ALTER ROLE regress_lo_renamed RENAME TO :first_login;
\c - regress_lo_second
SELECT decision FROM approve_release('lo_runs');
\c - :first_login
SELECT evidence ->> 'login_role' AS approved_by_login FROM ledger_entry WHERE run_table = 'public.lo_runs' AND action = 'released';
INSERT INTO lo_runs VALUES (3, 'queued');
DROP TABLE lo_runs;
