-- History: who retried what, seen by whoever sees the runs.

-- can_see_run: whether the caller's own privileges and row level security let it see a run.  The filter of the
-- views below.  Where the caller sees all runs of the table, no run is looked up; where row level security
-- applies, a run that it can't see and one that doesn't exist are both false.
--   run_table  the table's name as history has it: schema-qualified, quoted where needed
--   run_key    the run's key as text
-- History of a table that isn't governed any more: superusers, pg_read_all_data, the extension's owner.
CREATE FUNCTION @extschema@.can_see_run(run_table text, run_key text) RETURNS boolean
  AS 'MODULE_PATHNAME', 'can_see_run' LANGUAGE C STABLE STRICT PARALLEL RESTRICTED COST 100;
COMMENT ON FUNCTION @extschema@.can_see_run IS
  'whether the caller sees a run, by its own privileges and row level security';

-- retry_history: one row for each retry, of all tables, with its parent's status and error at that time.
-- Who may read it: everybody, and each sees the retries of runs that it can see in the application's table
-- (the original or the retry).  The barrier lets only comparisons that leak nothing come before the filter:
-- `run_table = … AND original_run_id = …` uses the index.
CREATE VIEW @extschema@.retry_history WITH (security_barrier) AS
  SELECT r.run_table, r.tenant, r.parent_key AS original_run_id, r.retry_key AS retry_run_id, r.attempt,
         r.original_status, r.original_error, r.reason, r.actor, r.retried_at, r.voided_at
  FROM @extschema@.retry r
  WHERE @extschema@.can_see_run(r.run_table, r.parent_key) OR @extschema@.can_see_run(r.run_table, r.retry_key);
GRANT SELECT ON @extschema@.retry_history TO PUBLIC;
COMMENT ON VIEW @extschema@.retry_history IS
  'each retry with its parent''s status and error, why and who asked; only of runs that the reader can see';

-- run_key_uuid, run_key_bigint: a run's key, kept as text in our tables, as its own type again; NULL if it
-- isn't of that type.  They raise nothing and tell nothing (LEAKPROOF), so that a join of history with a table
-- under row level security can use the index on its key.
CREATE FUNCTION @extschema@.run_key_uuid(run_key text) RETURNS uuid
  AS 'MODULE_PATHNAME', 'run_key_uuid' LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;
CREATE FUNCTION @extschema@.run_key_bigint(run_key text) RETURNS bigint
  AS 'MODULE_PATHNAME', 'run_key_bigint' LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.run_key_uuid IS 'a run''s key as a uuid; NULL if it is none';
COMMENT ON FUNCTION @extschema@.run_key_bigint IS 'a run''s key as a bigint; NULL if it is none';

-- retry_lineage: the whole family of a run, from its first run down through all retries, void ones and older
-- siblings too; each branch to its end before the next.
--   run_id     any run of the family, in its key's type or as text
--   run_table  the governed table; may be left out where the id can only be of one table
--   tenant     the caller's tenant: runs of another one don't exist for it
-- Result: one row for each run that the caller can see.  depth is 0 for the first one; parent_run_id is NULL
-- where there is none or it can't be seen; reason, actor, retried_at, voided_at are those of the retry, NULL
-- for an original; is_current marks the run that stands for the work now: the end of the chain of live retries.
-- Errors: RUN_NOT_FOUND, NOT_ALLOWED, INVALID_RUN_ID, INVALID_RUN_TABLE, INVALID_TENANT.
-- Who may call: whoever has SELECT on the table and sees the run.
CREATE FUNCTION @extschema@.retry_lineage(
  run_id text, run_table regclass DEFAULT NULL, tenant text DEFAULT NULL,
  OUT depth int, OUT run_id text, OUT parent_run_id text, OUT attempt int, OUT status text, OUT error text,
  OUT reason text, OUT actor text, OUT retried_at timestamptz, OUT voided_at timestamptz, OUT is_current boolean)
  RETURNS SETOF record AS 'MODULE_PATHNAME', 'retry_lineage' LANGUAGE C STABLE ROWS 5;
CREATE FUNCTION @extschema@.retry_lineage(
  run_id "any", run_table regclass DEFAULT NULL, tenant text DEFAULT NULL,
  OUT depth int, OUT run_id text, OUT parent_run_id text, OUT attempt int, OUT status text, OUT error text,
  OUT reason text, OUT actor text, OUT retried_at timestamptz, OUT voided_at timestamptz, OUT is_current boolean)
  RETURNS SETOF record AS 'MODULE_PATHNAME', 'retry_lineage' LANGUAGE C STABLE ROWS 5;
COMMENT ON FUNCTION @extschema@.retry_lineage(text, regclass, text) IS
  'the family of a run: from the original down through all its retries';
COMMENT ON FUNCTION @extschema@.retry_lineage("any", regclass, text) IS
  'the family of a run: from the original down through all its retries';

-- retry_tree: the same as lines that a person reads, one for each run: id, attempt, status, the first line of
-- the error; of a retry why, who, when, and whether it is void.  Drawn with lines in UTF-8, in ASCII elsewhere.
-- Arguments, errors, who may call: as retry_lineage.
CREATE FUNCTION @extschema@.retry_tree(
  run_id text, run_table regclass DEFAULT NULL, tenant text DEFAULT NULL)
  RETURNS SETOF text AS 'MODULE_PATHNAME', 'retry_tree' LANGUAGE C STABLE ROWS 5;
CREATE FUNCTION @extschema@.retry_tree(
  run_id "any", run_table regclass DEFAULT NULL, tenant text DEFAULT NULL)
  RETURNS SETOF text AS 'MODULE_PATHNAME', 'retry_tree' LANGUAGE C STABLE ROWS 5;
COMMENT ON FUNCTION @extschema@.retry_tree(text, regclass, text) IS
  'the family of a run as a tree to read';
COMMENT ON FUNCTION @extschema@.retry_tree("any", regclass, text) IS
  'the family of a run as a tree to read';

-- retry_lineage_dot: the same as a picture in the DOT language of Graphviz: `dot -Tsvg` draws it.  A box for each
-- run, an arrow for each retry with why, who and when; what is void is dashed, what stands for the work now is thick.
-- Arguments, errors, who may call: as retry_lineage.
CREATE FUNCTION @extschema@.retry_lineage_dot(
  run_id text, run_table regclass DEFAULT NULL, tenant text DEFAULT NULL)
  RETURNS text AS 'MODULE_PATHNAME', 'retry_lineage_dot' LANGUAGE C STABLE;
CREATE FUNCTION @extschema@.retry_lineage_dot(
  run_id "any", run_table regclass DEFAULT NULL, tenant text DEFAULT NULL)
  RETURNS text AS 'MODULE_PATHNAME', 'retry_lineage_dot' LANGUAGE C STABLE;
COMMENT ON FUNCTION @extschema@.retry_lineage_dot(text, regclass, text) IS
  'the family of a run as a Graphviz picture';
COMMENT ON FUNCTION @extschema@.retry_lineage_dot("any", regclass, text) IS
  'the family of a run as a Graphviz picture';

-- state_machine_dot: the statuses of a governed table and the transitions between them, in the DOT language.
--   run_table  a governed table of runs or files, or a partition of one; NULL gives NULL
-- Result: a digraph.  Ellipses are initial statuses (a dot leads to them), boxes active ones, double circles ended
-- ones, which nothing leaves.  Where no transitions are declared all that may happen are drawn, dashed.
-- Errors: INVALID_RUN_TABLE.  Who may call: everybody, as governed_tables says the same.
CREATE FUNCTION @extschema@.state_machine_dot(run_table regclass)
  RETURNS text AS 'MODULE_PATHNAME', 'state_machine_dot' LANGUAGE C STABLE STRICT;
COMMENT ON FUNCTION @extschema@.state_machine_dot IS 'the state machine of a governed table as a Graphviz picture';
