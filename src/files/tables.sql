-- How many files each run has and what became of them, as changes that add up: a statement that changed files of
-- a run adds one row, so writers never wait for each other.  Rows of a run are summed up into one from time to
-- time, and when it ends.
CREATE TABLE @extschema@.file_count (
  run_table       text COLLATE "C" NOT NULL,  -- of the runs
  run_key         text COLLATE "C" NOT NULL,
  files           int NOT NULL,
  completed       int NOT NULL,
  failed          int NOT NULL,               -- ended in a status that a retry takes up
  error           int NOT NULL,               -- ended otherwise: never retried
  retried_failed  int NOT NULL,               -- of its files, those that retry failed ones of the run before,
  retried_pending int NOT NULL                -- and those that retry ones which had never run
);
CREATE INDEX file_count_run ON @extschema@.file_count (run_table, run_key);
REVOKE ALL ON @extschema@.file_count FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.file_count', '');
COMMENT ON TABLE @extschema@.file_count IS 'internal: counts of the files of runs, as changes that add up';
