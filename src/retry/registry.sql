-- The registry of targets: append-only versions.  A target is looked up by each set of columns that entries of
-- the table name, so that a registry of many targets costs no more than one of few.  The targets may name
-- customers: the table is nobody's but the owner's, the view registered_targets shows what a reader may see.
CREATE TABLE @extschema@.target_registry (
  registration_id uuid PRIMARY KEY,           -- UUIDv7
  run_table    text COLLATE "C" NOT NULL,
  version      int NOT NULL,                  -- counts within the table
  target       jsonb NOT NULL,                -- as values of the columns' types
  columns      text[] COLLATE "C" NOT NULL,   -- that the target names, sorted
  actions      text[] NOT NULL,               -- modes of rerun_failed_jobs; empty: closed
  max_attempts int CHECK (max_attempts BETWEEN 1 AND 5),
  reason       text,
  set_by       text NOT NULL,
  set_at       timestamptz NOT NULL,
  UNIQUE (run_table, version)
);
CREATE INDEX target_registry_target ON @extschema@.target_registry (run_table, columns, target, version);
REVOKE ALL ON @extschema@.target_registry FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.target_registry', '');
COMMENT ON TABLE @extschema@.target_registry IS
  'append-only versions of the targets for which rerun_failed_jobs is allowed, and how';

-- allow_target: registers for which target jobs may be rerun in bulk, as a new version.
--   run_table     the governed table
--   target        an object of columns and values: it allows every target that contains it
--   actions       modes that are allowed, FAILED_ONLY and ALL_JOBS; '{}' closes the target
--   max_attempts  retries of a job, 1 to 5; NULL: what policy and call say
--   reason        why, kept with the version
-- Of several entries that a target contains the newest counts.  Without one, calls are refused in environment
-- prod and pass in staging (set_retry_policy(environment => ...)).
-- Result: the version's number.  Errors: INVALID_TARGET, INVALID_MODE, INVALID_MAX_ATTEMPTS, INVALID_RUN_TABLE,
-- NOT_ALLOWED.  Who may call: the table's owner, superusers.
CREATE FUNCTION @extschema@.allow_target(
  run_table regclass, target jsonb, actions text[] DEFAULT '{FAILED_ONLY}', max_attempts int DEFAULT NULL,
  reason text DEFAULT NULL)
  RETURNS int AS 'MODULE_PATHNAME', 'allow_target' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION @extschema@.allow_target IS 'registers a target for which jobs may be rerun in bulk';
