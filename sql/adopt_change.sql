-- A second call on a governed table changes the mapping, is recorded, and can't reopen what ended.
\pset format unaligned
\pset footer off
CREATE TABLE ad_change (id serial PRIMARY KEY, tenant_id text, tenant text, status text, state text, error text, note text, extra text, other_parent int, k2 serial UNIQUE);
INSERT INTO ad_change (tenant_id, status) VALUES ('a', 'failed');
SELECT * FROM refused($$SELECT govern_runs('ad_change')$$);
SELECT count(*) > 0 AS done FROM govern_runs('ad_change', tenant_column => 'tenant_id', status_column => 'status', input_columns => '{note}',
  statuses => '{"initial": ["queued"], "active": ["running"], "ended": ["completed", "failed"]}', label => 'first');
-- Kept, unless named.
SELECT count(*) > 0 AS done FROM govern_runs('ad_change', label => 'second', input_columns => '{note,extra}', reason_column => 'state',
  statuses => '{"initial": ["queued", "waiting"], "active": [], "ended": ["completed", "failed", "lost"]}', transitions => '{"queued": ["failed", "lost"], "waiting": []}');
SELECT label, tenant_column, reason_column, input_columns, outcome_columns, initial_statuses, active_statuses, ended_statuses, transitions
  FROM governed_tables WHERE run_table = 'ad_change'::regclass;
SELECT action, evidence - 'digest' - 'rows' FROM ledger_entry WHERE run_table = 'public.ad_change' AND action = 'regoverned' ORDER BY entry_id;
-- Transitions are undeclared with an empty object.
SELECT item, decision FROM govern_runs('ad_change', transitions => '{}') WHERE item = 'transitions';
-- Never reopened.
SELECT * FROM refused($$SELECT govern_runs('ad_change', statuses => '{"initial": ["queued"], "active": ["failed"], "ended": ["completed", "lost"]}')$$);
-- Nor are statuses left out that a row has; what none has can go.
SELECT * FROM refused($$SELECT govern_runs('ad_change', statuses => '{"initial": ["queued"], "ended": ["completed", "lost"]}')$$) WHERE field = 'message';
SELECT decision FROM govern_runs('ad_change', statuses => '{"initial": ["queued"], "ended": ["completed", "failed"]}') WHERE item = 'ended_statuses';
SELECT * FROM refused($$SELECT govern_runs('ad_change', status_column => 'extra')$$);
-- Key, lineage and tenant may change only as long as no retry is recorded by them.
SELECT item, decision FROM govern_runs('ad_change', tenant_column => 'tenant', id_column => 'k2') WHERE item IN ('id_column', 'tenant_column');
SELECT item, decision FROM govern_runs('ad_change', tenant_column => 'tenant_id', id_column => 'id') WHERE item IN ('id_column', 'tenant_column');
SELECT attempt FROM retry_run(1, run_table => 'ad_change');
SELECT * FROM refused($$SELECT govern_runs('ad_change', id_column => 'k2')$$);
SELECT * FROM refused($$SELECT govern_runs('ad_change', parent_column => 'other_parent')$$) WHERE field IN ('sqlstate', 'message');
SELECT * FROM refused($$SELECT govern_runs('ad_change', tenant_column => 'tenant')$$) WHERE field IN ('sqlstate', 'message');
SELECT * FROM refused($$SELECT govern_runs('ad_change', tenant_column => '')$$) WHERE field IN ('sqlstate', 'message');
-- What a run failed with stays what it failed with.
SELECT * FROM refused($$SELECT govern_runs('ad_change', error_column => 'extra')$$);
SELECT * FROM refused($$SELECT govern_runs('ad_change', error_column => '')$$) WHERE field IN ('sqlstate', 'message');
-- What a policy binds stays an input.
SELECT set_retry_policy('ad_change', override_columns => '{note}') > 0 AS set;
SELECT * FROM refused($$SELECT govern_runs('ad_change', input_columns => '{extra}')$$);
SELECT set_retry_policy('ad_change', clear => '{override_columns}') > 0 AS set;
SELECT decision FROM govern_runs('ad_change', input_columns => '{extra}') WHERE item = 'input_columns';
-- The kind doesn't change.
SELECT * FROM refused($$SELECT govern_append_only('ad_change')$$);
-- A guard that a superuser switched off in the catalogs comes back.
UPDATE pg_trigger SET tgenabled = 'D' WHERE tgrelid = 'ad_change'::regclass;
SELECT count(*) > 0 AS done FROM govern_runs('ad_change');
SELECT string_agg(DISTINCT tgenabled::text, '') FROM pg_trigger WHERE tgrelid = 'ad_change'::regclass AND NOT tgisinternal;

-- The machine itself: a second call changes which way runs go, at once, and stays on the ledger with what was before.
CREATE TABLE ad_machine (id int PRIMARY KEY, status text NOT NULL);
SELECT count(*) > 0 AS done FROM govern_runs('ad_machine', statuses => '{"initial": ["queued"], "active": ["running"], "ended": ["completed", "failed"]}',
  transitions => '{"queued": ["running"], "running": ["completed", "failed"]}');
INSERT INTO ad_machine SELECT i, 'queued' FROM generate_series(1, 4) i;
UPDATE ad_machine SET status = 'running' WHERE id = 1;
UPDATE ad_machine SET status = 'failed' WHERE id = 1;
CREATE VIEW ad_recorded AS SELECT action, session_role = session_user AND acting_role = current_user AS by_me, evidence->>'old_transitions' AS before, evidence->>'transitions' AS after,
  evidence->>'old_ended_statuses' AS ended_before
  FROM ledger_entry WHERE run_table = 'public.ad_machine' AND action <> 'ended' ORDER BY entry_id;
SELECT * FROM refused($$UPDATE ad_machine SET status = 'failed' WHERE id = 2$$) WHERE field IN ('message', 'constraint');
SELECT count(*) > 0 AS done FROM govern_runs('ad_machine', transitions => '{"queued": ["running", "failed"], "running": ["completed"]}');
UPDATE ad_machine SET status = 'failed' WHERE id = 2;
UPDATE ad_machine SET status = 'running' WHERE id = 3;
SELECT * FROM refused($$UPDATE ad_machine SET status = 'failed' WHERE id = 3$$) WHERE field IN ('message', 'constraint');
SELECT count(*) > 0 AS done FROM govern_runs('ad_machine', transitions => '{}');
SELECT * FROM ad_recorded;
-- A run that goes on doesn't end by what is said of its status.
SELECT * FROM refused($$SELECT govern_runs('ad_machine', statuses => '{"initial": ["queued"], "ended": ["running", "completed", "failed"]}')$$);
-- A dry run changes nothing, and what is refused neither; neither is recorded.  No machine leads out of what ended.
SELECT item, decision FROM govern_runs('ad_machine', transitions => '{"queued": ["failed"]}', dry_run => true) WHERE item = 'transitions';
SELECT * FROM refused($$SELECT govern_runs('ad_machine', transitions => '{"queued": ["running"], "failed": ["queued"]}')$$);
SELECT * FROM refused($$SELECT govern_runs('ad_machine', transitions => '{"completed": ["failed"]}')$$) WHERE field IN ('sqlstate', 'message');
SELECT * FROM refused($$SELECT govern_runs('ad_machine', transitions => '{"queued": ["lost"]}')$$) WHERE field IN ('sqlstate', 'message');
SELECT * FROM refused($$SELECT govern_runs('ad_machine', transitions => '{"failed": ["queued"]}',
  statuses => '{"initial": ["queued"], "active": ["running", "failed"], "ended": ["completed"]}')$$) WHERE field IN ('sqlstate', 'message', 'detail');
SELECT * FROM refused($$SELECT govern_runs('ad_machine', statuses => '{"initial": ["queued", "failed"], "active": ["running"], "ended": ["completed"]}')$$)
  WHERE field IN ('sqlstate', 'message');
SELECT * FROM refused($$SELECT govern_runs('ad_machine', statuses => '{"initial": ["queued"], "active": ["running"], "ended": ["completed"]}')$$)
  WHERE field IN ('sqlstate', 'message');
SELECT count(*) AS recorded FROM ad_recorded;
SELECT ended_statuses, transitions FROM governed_tables WHERE run_table = 'ad_machine'::regclass;
SELECT * FROM refused($$UPDATE ad_machine SET status = 'queued' WHERE id = 1$$) WHERE field IN ('message', 'constraint');
-- One that isn't the table's owner changes no machine.
SET ROLE regress_stranger;
SELECT * FROM refused($$SELECT retry_ledger.govern_runs('ad_machine', transitions => '{"queued": ["failed"]}')$$) WHERE field IN ('sqlstate', 'message');
RESET ROLE;
SELECT count(*) AS recorded FROM ad_recorded;
-- Rolled back, it was never changed.
BEGIN;
SELECT count(*) > 0 AS done FROM govern_runs('ad_machine', transitions => '{"queued": ["completed"]}');
ROLLBACK;
UPDATE ad_machine SET status = 'failed' WHERE id = 4;
SELECT count(*) AS recorded FROM ad_recorded;
-- A column that came later may be the error, unless runs that ended have something in it; a tenant is there from the start.
CREATE TYPE ad_error AS (code int, message text);
ALTER TABLE ad_machine ADD COLUMN said text DEFAULT 'nothing', ADD COLUMN parts ad_error DEFAULT ROW(503, NULL)::ad_error, ADD COLUMN why text, ADD COLUMN tenant text;
SELECT * FROM refused($$SELECT govern_runs('ad_machine', error_column => 'said')$$);
SELECT * FROM refused($$SELECT govern_runs('ad_machine', error_column => 'parts')$$) WHERE field IN ('sqlstate', 'message');
SELECT decision FROM govern_runs('ad_machine', error_column => 'why') WHERE item = 'error_column';
SELECT * FROM refused($$SELECT govern_runs('ad_machine', tenant_column => 'tenant')$$);
-- A transition is told from another whatever characters its statuses have.
CREATE TABLE ad_newline (id int PRIMARY KEY, status text NOT NULL);
SELECT count(*) > 0 AS done FROM govern_runs('ad_newline', statuses => '{"initial": ["a"], "active": ["a\nb"], "ended": ["b\nc", "c"]}',
  transitions => '{"a": ["a\nb", "b\nc"]}', void_status => 'c');
INSERT INTO ad_newline VALUES (1, 'a');
UPDATE ad_newline SET status = E'a\nb';
SELECT * FROM refused($$UPDATE ad_newline SET status = 'c'$$) WHERE field IN ('message', 'constraint');
-- A table's name is a key of its history: no setting writes it in another way, and one that was renamed unguarded isn't governed under two.
SET quote_all_identifiers = on;
SELECT count(*) > 0 AS done FROM govern_runs('ad_newline');
SELECT * FROM refused($$ALTER TABLE ad_newline RENAME TO ad_other$$) WHERE field = 'message';
RESET quote_all_identifiers;
SELECT table_name FROM governed_table WHERE run_table = 'ad_newline'::regclass;
BEGIN;
ALTER EVENT TRIGGER retry_ledger_ddl_end DISABLE;
ALTER TABLE ad_newline RENAME TO ad_other;
SELECT * FROM refused($$SELECT govern_runs('ad_other')$$);
ROLLBACK;
