-- role: owner
-- tries: to replace, rename or drop the views on a table's history, so that they hide it
-- none: bites
-- guarded: held
-- locked: held
SELECT pg_get_viewdef('app.runs_retry_history') AS def \gset
SELECT regexp_replace(:'def', ';$', ' AND false') AS def \gset
CREATE OR REPLACE VIEW app.runs_retry_history WITH (security_invoker = true) AS :def;
CREATE OR REPLACE RULE "_RETURN" AS ON SELECT TO app.tenant_runs_retry_history DO INSTEAD
  SELECT NULL::text AS tenant, NULL::text AS original_run_id, NULL::text AS retry_run_id, 1 AS attempt, NULL::text AS original_status,
         NULL::text AS original_error, NULL::text AS retry_status, NULL::text AS reason, NULL::text AS actor,
         NULL::timestamptz AS retried_at, NULL::timestamptz AS voided_at WHERE false;
ALTER TABLE app.flows_retry_history RENAME TO gone;
DROP VIEW app.day_runs_retry_history;
