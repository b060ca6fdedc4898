-- Adopting tables, and releasing them.

-- Expressions are kept as text, and their constants are shown by the session's settings: a restore compares them in
-- a session of other settings, on a server of another time zone.
CREATE FUNCTION @extschema@.relation_shape(relation regclass) RETURNS jsonb
  LANGUAGE sql STABLE STRICT PARALLEL SAFE
  SET search_path = pg_catalog, pg_temp SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD' SET IntervalStyle = 'iso_8601'
  SET extra_float_digits = 1 SET bytea_output = 'hex' SET xmlbinary = 'base64' SET lc_monetary = 'C'
  SET quote_all_identifiers = off AS $$
  SELECT pg_catalog.jsonb_build_object(
    'rls', c.relrowsecurity,
    'force_rls', c.relforcerowsecurity,
    'policies', (
      SELECT coalesce(pg_catalog.jsonb_object_agg(p.polname, pg_catalog.format('%s %s TO %s USING (%s) WITH CHECK (%s)',
        CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
        CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE'
          ELSE 'ALL' END,
        (SELECT pg_catalog.string_agg(CASE r.role WHEN 0 THEN 'PUBLIC'
            ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(r.role)) END, ', '
            ORDER BY pg_catalog.pg_get_userbyid(r.role)) FROM pg_catalog.unnest(p.polroles) r(role)),
        pg_catalog.pg_get_expr(p.polqual, p.polrelid), pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid))), '{}')
      FROM pg_catalog.pg_policy p WHERE p.polrelid = c.oid),
    'rules', (
      SELECT coalesce(pg_catalog.jsonb_object_agg(w.rulename, pg_catalog.pg_get_ruledef(w.oid)), '{}')
      FROM pg_catalog.pg_rewrite w WHERE w.ev_class = c.oid AND w.rulename <> '_RETURN'))
  FROM pg_catalog.pg_class c WHERE c.oid = relation_shape.relation
$$;
COMMENT ON FUNCTION @extschema@.relation_shape IS
  'row level security, policies and rules of one table or partition: what decides which rows a statement meets';

-- Of partitions those that have any: theirs decide about what is read from them directly.
CREATE FUNCTION @extschema@.table_shape(run_table regclass) RETURNS jsonb
  LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  WITH RECURSIVE tree AS (
    SELECT table_shape.run_table::pg_catalog.oid AS relation
    UNION ALL
    SELECT i.inhrelid FROM tree t JOIN pg_catalog.pg_inherits i ON i.inhparent = t.relation
    JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid AND c.relispartition
  ),
  partitions(shapes) AS (
    SELECT pg_catalog.jsonb_object_agg(pg_catalog.format('%I.%I', n.nspname, c.relname),
                                       @extschema@.relation_shape(t.relation::pg_catalog.regclass))
    FROM tree t JOIN pg_catalog.pg_class c ON c.oid = t.relation JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE t.relation <> table_shape.run_table AND (c.relrowsecurity OR c.relforcerowsecurity
      OR EXISTS (SELECT FROM pg_catalog.pg_policy p WHERE p.polrelid = c.oid)
      OR EXISTS (SELECT FROM pg_catalog.pg_rewrite w WHERE w.ev_class = c.oid))
  )
  SELECT @extschema@.relation_shape(table_shape.run_table) || CASE WHEN shapes IS NULL THEN '{}'
           ELSE pg_catalog.jsonb_build_object('partitions', shapes) END
  FROM partitions
$$;
COMMENT ON FUNCTION @extschema@.table_shape IS
  'row level security, policies and rules of a table and its partitions: what decides which rows a statement meets';

CREATE FUNCTION @extschema@.govern_runs(
  run_table regclass, id_column name DEFAULT NULL, status_column name DEFAULT NULL, tenant_column name DEFAULT NULL,
  parent_column name DEFAULT NULL, attempt_column name DEFAULT NULL, is_retry_column name DEFAULT NULL,
  error_column name DEFAULT NULL, reason_column name DEFAULT NULL, statuses jsonb DEFAULT NULL,
  transitions jsonb DEFAULT NULL, input_columns name[] DEFAULT NULL, outcome_columns name[] DEFAULT NULL,
  label text DEFAULT NULL, void_status text DEFAULT NULL, require_tenant boolean DEFAULT NULL,
  dry_run boolean DEFAULT false)
  RETURNS TABLE (item text, decision text, detail text) AS 'MODULE_PATHNAME', 'govern_runs' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION @extschema@.govern_runs IS
  'adopts a table of runs with its rows: what ended never changes, a retry is a new run; returns what was decided';

CREATE FUNCTION @extschema@.govern_append_only(
  run_table regclass, label text DEFAULT NULL, dry_run boolean DEFAULT false)
  RETURNS TABLE (item text, decision text, detail text)
  AS 'MODULE_PATHNAME', 'govern_append_only' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION @extschema@.govern_append_only IS
  'adopts a table whose rows never change and never go; returns what was decided';

CREATE FUNCTION @extschema@.govern_write_once(
  run_table regclass, once_columns name[], label text DEFAULT NULL, dry_run boolean DEFAULT false)
  RETURNS TABLE (item text, decision text, detail text)
  AS 'MODULE_PATHNAME', 'govern_write_once' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION @extschema@.govern_write_once IS
  'adopts a table where only the named columns may go from NULL to a value, once; returns what was decided';

-- lock_governance: raises a governed table from level guarded to level locked (doc/guarantees.md).
--   run_table  a governed table, the root if it is partitioned
-- Result: what was done, in rows as those of govern_runs.  Called again, it mends what guard_status() misses of the lock.
-- Errors: 55000 if the table isn't governed, or the server doesn't preload the library; 42501.
-- Who may call: the table's owner, superusers.
CREATE FUNCTION @extschema@.lock_governance(run_table regclass)
  RETURNS TABLE (item text, decision text, detail text)
  AS 'MODULE_PATHNAME', 'lock_governance' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION @extschema@.lock_governance IS
  'locks a governed table: from then on neither its owner nor a superuser gets around its guards through SQL';

CREATE FUNCTION @extschema@.release_governance(run_table regclass, reason text)
  RETURNS TABLE (item text, decision text, detail text)
  AS 'MODULE_PATHNAME', 'release_governance' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION @extschema@.release_governance IS
  'asks for the release of a governed table; another role approves it within 1 hour';

CREATE FUNCTION @extschema@.approve_release(run_table regclass)
  RETURNS TABLE (item text, decision text, detail text)
  AS 'MODULE_PATHNAME', 'approve_release' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION @extschema@.approve_release IS
  'approves the release that another role asked for: guards and configuration go, history and ledger stay';
