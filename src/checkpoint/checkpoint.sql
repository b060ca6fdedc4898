-- record_checkpoint: how far a run has got, so that a retry can go on from there.
--   run_id       the run, which hasn't ended; in its key's type or as text
--   status       the status from which a retry goes on: an initial or active one of the table
--   ref          where the work so far is (a path, a URI, a key); 1 to 10,000 bytes
--   valid_until  until when it can be gone on from; NULL: for good
--   evidence     what else is known of it, a JSON object of at most 100,000 bytes
--   run_table    the governed table; may be left out where the id can only be of one table
--   tenant       the caller's tenant: a run of another one is RUN_NOT_FOUND
-- Result: the checkpoint's id.  It is on the ledger (checkpoint_recorded), and can't be changed or removed.  The run's
-- row is locked until the transaction ends, as an UPDATE locks it.
-- Errors: RUN_NOT_FOUND, CHECKPOINT_RUN_ENDED, INVALID_CHECKPOINT, NOT_ALLOWED, INVALID_RUN_ID, INVALID_RUN_TABLE,
--   INVALID_TENANT.  Who may call: whoever has SELECT and UPDATE on the table and sees the run.
CREATE FUNCTION @extschema@.record_checkpoint(
  run_id text, status text, ref text, valid_until timestamptz DEFAULT NULL, evidence jsonb DEFAULT NULL,
  run_table regclass DEFAULT NULL, tenant text DEFAULT NULL)
  RETURNS uuid AS 'MODULE_PATHNAME', 'record_checkpoint' LANGUAGE C VOLATILE;
CREATE FUNCTION @extschema@.record_checkpoint(
  run_id "any", status text, ref text, valid_until timestamptz DEFAULT NULL, evidence jsonb DEFAULT NULL,
  run_table regclass DEFAULT NULL, tenant text DEFAULT NULL)
  RETURNS uuid AS 'MODULE_PATHNAME', 'record_checkpoint' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION @extschema@.record_checkpoint(text, text, text, timestamptz, jsonb, regclass, text) IS
  'records how far a run has got, so that a retry can go on from there';
COMMENT ON FUNCTION @extschema@.record_checkpoint("any", text, text, timestamptz, jsonb, regclass, text) IS
  'records how far a run has got, so that a retry can go on from there';

-- invalidate_checkpoint: no retry goes on from it any more.  An entry, not a change: the checkpoint stays.
--   checkpoint_id  as record_checkpoint gave it
--   reason         why; at most 10,000 bytes
--   tenant         the caller's tenant: a checkpoint of another one is CHECKPOINT_NOT_FOUND
-- Result: true; false if it was invalid already, which changes nothing.  Retries that were born keep theirs.
-- Errors: CHECKPOINT_NOT_FOUND, INVALID_REASON, NOT_ALLOWED, INVALID_TENANT.
-- Who may call: whoever has SELECT and UPDATE on the table and sees the run.
CREATE FUNCTION @extschema@.invalidate_checkpoint(checkpoint_id uuid, reason text, tenant text DEFAULT NULL)
  RETURNS boolean AS 'MODULE_PATHNAME', 'invalidate_checkpoint' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION @extschema@.invalidate_checkpoint IS 'no retry goes on from this checkpoint any more';

-- latest_checkpoint: from where retry_run(resume => 'latest') of this run would go on: the newest valid checkpoint
-- of the run and of those that it retries.  Newest: of the later attempt, and of one run's the last recorded.
--   run_id, run_table, tenant  as of record_checkpoint
-- Result: one row, or none.  run_id is the run that recorded it; evidence is NULL for artifacts (map_checkpoints).
-- What the caller doesn't see doesn't count.
-- Errors: RUN_NOT_FOUND, NOT_ALLOWED, INVALID_RUN_ID, INVALID_RUN_TABLE, INVALID_TENANT.
-- Who may call: whoever has SELECT on the table and sees the run.
CREATE FUNCTION @extschema@.latest_checkpoint(
  run_id text, run_table regclass DEFAULT NULL, tenant text DEFAULT NULL,
  OUT checkpoint_id text, OUT run_id text, OUT attempt int, OUT status text, OUT ref text,
  OUT valid_until timestamptz, OUT evidence jsonb, OUT recorded_at timestamptz)
  RETURNS SETOF record AS 'MODULE_PATHNAME', 'latest_checkpoint' LANGUAGE C VOLATILE ROWS 1;
CREATE FUNCTION @extschema@.latest_checkpoint(
  run_id "any", run_table regclass DEFAULT NULL, tenant text DEFAULT NULL,
  OUT checkpoint_id text, OUT run_id text, OUT attempt int, OUT status text, OUT ref text,
  OUT valid_until timestamptz, OUT evidence jsonb, OUT recorded_at timestamptz)
  RETURNS SETOF record AS 'MODULE_PATHNAME', 'latest_checkpoint' LANGUAGE C VOLATILE ROWS 1;
COMMENT ON FUNCTION @extschema@.latest_checkpoint(text, regclass, text) IS
  'the newest valid checkpoint of a run and of those that it retries';
COMMENT ON FUNCTION @extschema@.latest_checkpoint("any", regclass, text) IS
  'the newest valid checkpoint of a run and of those that it retries';

-- map_checkpoints: the rows of an application's own table of artifacts are checkpoints, too.
--   run_table           the governed table of the runs
--   artifact_table      a governed append-only or write-once table, a row for each artifact; NULL takes the mapping back.
--                       A retry that has left something there was handed out for dispatch_failed all the same
--   id_column           unique; by default the primary key
--   run_column          the run that made it, of the type of its key; by default run_id, job_id, execution_id, ...
--   status_column       from which status a retry goes on; by default status, stage
--   ref_column          where the work is; by default ref, uri, url, path, location
--   at_column           when it was made, timestamptz NOT NULL: the newest counts; by default created_at, recorded_at, ...
--   valid_until_column, invalidated_column
--                       timestamptz: when it expires, when it was found to be lost; by default valid_until or expires_at;
--                       invalidated_at; none if there is no such column.  A write-once table can have them written later
-- Result: a row for each column as it was decided.  The mapping is on the ledger (checkpoints_mapped).  Artifacts are read
-- as their table's owner; of which runs, the caller's rights decide.
-- Errors: INVALID_RUN_TABLE, INVALID_CHECKPOINT, NOT_ALLOWED.  Who may call: whoever owns both tables; superusers.
CREATE FUNCTION @extschema@.map_checkpoints(
  run_table regclass, artifact_table regclass, id_column name DEFAULT NULL, run_column name DEFAULT NULL,
  status_column name DEFAULT NULL, ref_column name DEFAULT NULL, at_column name DEFAULT NULL,
  valid_until_column name DEFAULT NULL, invalidated_column name DEFAULT NULL, OUT item text, OUT decision text)
  RETURNS SETOF record AS 'MODULE_PATHNAME', 'map_checkpoints' LANGUAGE C VOLATILE ROWS 10;
COMMENT ON FUNCTION @extschema@.map_checkpoints IS 'an application''s table of artifacts holds checkpoints, too';
