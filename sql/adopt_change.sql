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
SELECT * FROM refused($$SELECT govern_runs('ad_change', statuses => '{"initial": ["queued"], "ended": ["completed", "failed"]}')$$);
SELECT * FROM refused($$SELECT govern_runs('ad_change', status_column => 'extra')$$);
-- Key, lineage and tenant may change only as long as no retry is recorded by them.
SELECT item, decision FROM govern_runs('ad_change', tenant_column => 'tenant', id_column => 'k2') WHERE item IN ('id_column', 'tenant_column');
SELECT item, decision FROM govern_runs('ad_change', tenant_column => 'tenant_id', id_column => 'id') WHERE item IN ('id_column', 'tenant_column');
SELECT attempt FROM retry_run(1, run_table => 'ad_change');
SELECT * FROM refused($$SELECT govern_runs('ad_change', id_column => 'k2')$$);
SELECT * FROM refused($$SELECT govern_runs('ad_change', parent_column => 'other_parent')$$) WHERE field IN ('sqlstate', 'message');
SELECT * FROM refused($$SELECT govern_runs('ad_change', tenant_column => 'tenant')$$) WHERE field IN ('sqlstate', 'message');
SELECT * FROM refused($$SELECT govern_runs('ad_change', tenant_column => '')$$) WHERE field IN ('sqlstate', 'message');
-- The kind doesn't change.
SELECT * FROM refused($$SELECT govern_append_only('ad_change')$$);
-- A guard that a superuser switched off in the catalogs comes back.
UPDATE pg_trigger SET tgenabled = 'D' WHERE tgrelid = 'ad_change'::regclass;
SELECT count(*) > 0 AS done FROM govern_runs('ad_change');
SELECT string_agg(DISTINCT tgenabled::text, '') FROM pg_trigger WHERE tgrelid = 'ad_change'::regclass AND NOT tgisinternal;
