-- How far runs had got.  Rows are only added: that one is no longer valid is a row of its own.
CREATE TABLE @extschema@.checkpoint (
  checkpoint_id uuid PRIMARY KEY,             -- UUIDv7
  run_table     text COLLATE "C" NOT NULL,
  run_key       text COLLATE "C" NOT NULL,    -- of the run that recorded it
  seq           int NOT NULL,                 -- counts the run's from 1, under a lock of its row: no two are equally new
  tenant        text COLLATE "C",
  attempt       int NOT NULL,
  status        text NOT NULL,                -- from which a retry goes on
  ref           text NOT NULL,                -- where the work so far is
  valid_until   timestamptz,                  -- NULL: for good
  evidence      jsonb,
  actor         text NOT NULL,                -- current_user
  recorded_at   timestamptz NOT NULL
);
CREATE UNIQUE INDEX checkpoint_run ON @extschema@.checkpoint (run_table, run_key, seq);
REVOKE ALL ON @extschema@.checkpoint FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.checkpoint', '');
COMMENT ON TABLE @extschema@.checkpoint IS 'how far runs had got: from where a retry can go on; append-only';

-- An application's own tables of artifacts, as checkpoints: how their columns are mapped.  One mapping of a table of
-- runs is in force; those before it say where else runs have left something.
CREATE TABLE @extschema@.checkpoint_source (
  run_table          regclass NOT NULL,
  artifact_table     regclass NOT NULL,
  id_column          name NOT NULL,
  run_column         name NOT NULL,
  status_column      name NOT NULL,
  ref_column         name NOT NULL,
  at_column          name NOT NULL,
  valid_until_column name,
  invalidated_column name,
  replaced_at        timestamptz,             -- NULL: in force
  PRIMARY KEY (run_table, artifact_table, run_column)
);
CREATE UNIQUE INDEX checkpoint_source_in_force ON @extschema@.checkpoint_source (run_table) WHERE replaced_at IS NULL;
REVOKE ALL ON @extschema@.checkpoint_source FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.checkpoint_source', '');
COMMENT ON TABLE @extschema@.checkpoint_source IS 'tables of artifacts that are an application''s own checkpoints';

CREATE TABLE @extschema@.checkpoint_invalidation (
  checkpoint_id  uuid PRIMARY KEY,
  reason         text NOT NULL,
  actor          text NOT NULL,               -- current_user
  invalidated_at timestamptz NOT NULL
);
REVOKE ALL ON @extschema@.checkpoint_invalidation FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.checkpoint_invalidation', '');
COMMENT ON TABLE @extschema@.checkpoint_invalidation IS 'checkpoints from which no retry goes on any more, and why; append-only';
