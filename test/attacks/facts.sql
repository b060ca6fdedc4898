-- What must still be there after an attack, one line a fact.  A line that is gone is a fact changed or hidden; new lines
-- are no concern here (see audit.sql).  Read by a superuser in a new session, under fixed settings; columns that were
-- added since are not looked at.
SET search_path = pg_catalog;
SET row_security = off;
SET TimeZone = 'UTC';
SET DateStyle = 'ISO, YMD';
SET extra_float_digits = 1;

-- Rows that ended, byte for byte: as text and as the ledger hashes them.
SELECT format('ended app.runs %s %s %s', id, md5(r::text), encode(retry_ledger.ledger_content_hash(r), 'hex'))
  FROM (SELECT id, tenant_id, status, error, note, amount, score, doc, spots, big, blob, profile, customer_id, tag, words,
        parent_run_id, attempt, is_retry FROM app.runs) r WHERE status IN ('completed', 'failed');
SELECT format('ended app.day_runs %s %s %s', id, md5(r::text), encode(retry_ledger.ledger_content_hash(r), 'hex'))
  FROM (SELECT id, day, status, error, note, parent_run_id, attempt, is_retry FROM app.day_runs) r
  WHERE format('%s', status) IN ('completed', 'failed');
SELECT format('ended app.flows %s %s', id, md5(r::text))
  FROM (SELECT id, status, completed_files, failed_files, parent_run_id, attempt, is_retry FROM app.flows) r
  WHERE status LIKE 'completed%' OR status = 'failed';
SELECT format('ended app.flow_files %s %s', id, md5(r::text))
  FROM (SELECT id, run_id, file_index, status, error, parent_file_id, attempt, is_retry FROM app.flow_files) r
  WHERE status IN ('completed', 'failed');
SELECT format('ended app.tenant_runs %s %s', id, md5(r::text))
  FROM (SELECT id, tenant_id, status, error, parent_run_id, attempt, is_retry FROM app.tenant_runs) r
  WHERE status = 'failed';
-- What never changes of rows that live.
SELECT format('row app.runs %s', r) FROM (SELECT id, tenant_id, parent_run_id, attempt, is_retry FROM app.runs) r;
SELECT format('row app.day_runs %s', r) FROM (SELECT id, day, parent_run_id, attempt, is_retry FROM app.day_runs) r;
SELECT format('row app.flows %s', r) FROM (SELECT id, parent_run_id, attempt, is_retry FROM app.flows) r;
SELECT format('row app.flow_files %s', r)
  FROM (SELECT id, run_id, file_index, parent_file_id, attempt, is_retry FROM app.flow_files) r;
SELECT format('row app.tenant_runs %s', r)
  FROM (SELECT id, tenant_id, parent_run_id, attempt, is_retry FROM app.tenant_runs) r;
SELECT format('row app.log %s', r) FROM (SELECT id, what FROM app.log) r;
SELECT format('row app.notes %s', r) FROM (SELECT id, note FROM app.notes) r;
SELECT format('signed app.notes %s %s', id, signed_by) FROM app.notes WHERE signed_by IS NOT NULL;
-- The extension's own.
SELECT format('own ledger_entry %s %s', entry_id, md5(e::text)) FROM retry_ledger.ledger_entry e;
SELECT format('own retry %s %s', retry_id, md5((to_jsonb(r) - 'voided_at')::text)) FROM retry_ledger.retry r;
SELECT format('own retry_policy %s', md5(p::text)) FROM retry_ledger.retry_policy p;
SELECT format('own request %s', md5(r::text)) FROM retry_ledger.request r;
SELECT format('own credit_entry %s', md5(c::text)) FROM retry_ledger.credit_entry c;
SELECT format('own run_key %s', k) FROM retry_ledger.run_key k;
SELECT format('own governed_table %s %s', g.table_name,
              md5((to_jsonb(g) - ARRAY['release_requested_by', 'release_requested_at', 'release_reason', 'retention', 'pending'])::text))
  FROM retry_ledger.governed_table g;
-- PostgreSQL's, that everybody relies on without naming it.
SELECT format('built in: operators %s', md5(string_agg(o::text, '' ORDER BY o.oid))) FROM pg_operator o WHERE oid < 16384;
SELECT format('built in: families %s', md5(string_agg(m, '' ORDER BY m))) FROM (
  SELECT o::text FROM pg_amop o WHERE amopfamily < 16384 UNION ALL SELECT p::text FROM pg_amproc p WHERE amprocfamily < 16384) f(m);
-- What holds it all, where something does: functions, triggers, event triggers, and everything that guarded_state lists.
\if :guards
SELECT format('guard function %s %s', p.oid::regprocedure, md5(concat_ws('|', p.prosrc, p.probin, p.proowner, p.prolang, p.proconfig)))
  FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
  JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'retry_ledger';
SELECT format('guard event trigger %s %s', evtname, evtenabled) FROM pg_event_trigger;
SELECT format('guard state %s', concat_ws('|', table_name, kind, name, aspect, value)) FROM retry_ledger.guarded_state;
-- audit.sql reads it too.  An index, CHECK or column that may have queries find less takes no guard away: what it hides shows elsewhere.
CREATE TEMPORARY TABLE guards AS SELECT run_table, ARRAY(SELECT m FROM unnest(missing) m WHERE m NOT LIKE ALL (
    '{"absence of %, which goes by settings","absence of %, which may miss rows","absence of column % of type cube, of which a NaN equals anything"}'))
    AS missing FROM retry_ledger.guard_status();
SELECT format('guard complete %s', run_table) FROM guards WHERE missing = '{}';
\endif

-- As the application sees it.
SET SESSION AUTHORIZATION attack_app;
SET row_security = on;
SELECT format('seen app.runs %s', id) FROM app.runs;
SELECT format('found app.runs %s', id) FROM app.runs WHERE words @@ to_tsquery('app.words', 'timed & out');
SELECT format('seen app.day_runs %s', id) FROM app.day_runs;
SELECT format('seen statuses %s', s) FROM (SELECT DISTINCT unnest(enum_range(status)) AS s FROM app.day_runs) d;
SELECT format('seen app.day_runs_1 %s', id) FROM app.day_runs_1;
SELECT format('seen app.flow_files %s', id) FROM app.flow_files;
SELECT format('seen app.log %s', id) FROM app.log;
SELECT format('seen app.runs_retry_history %s %s', original_run_id, retry_run_id) FROM app.runs_retry_history;
SELECT format('seen app.day_runs_retry_history %s %s', original_run_id, retry_run_id) FROM app.day_runs_retry_history;
SELECT format('seen retry_history %s %s', original_run_id, retry_run_id) FROM retry_ledger.retry_history;
RESET SESSION AUTHORIZATION;
