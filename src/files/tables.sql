-- How many files each run has and what became of them, in parts that add up: each process that changes files of
-- a run has a row of its own, so writers never wait for each other.  The rows of a run become one when it ends.
CREATE TABLE @extschema@.file_count (
  run_table       text COLLATE "C" NOT NULL,  -- of the runs
  run_key         text COLLATE "C" NOT NULL,
  counter         int NOT NULL,               -- which part: the number of the process, or -1
  files           int NOT NULL,
  completed       int NOT NULL,
  failed          int NOT NULL,               -- ended in a status that a retry takes up
  error           int NOT NULL,               -- ended otherwise: never retried
  retried_failed  int NOT NULL,               -- of its files, those that retry failed ones of the run before,
  retried_pending int NOT NULL,               -- and those that retry ones which had never run
  PRIMARY KEY (run_table, run_key, counter)
) WITH (fillfactor = 50);                     -- rows are updated in place
REVOKE ALL ON @extschema@.file_count FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.file_count', '');
COMMENT ON TABLE @extschema@.file_count IS 'internal: counts of the files of runs, in parts that add up';
