-- retry_run exists twice on one C++ entry: "any" alone fails for drivers that send no type, text alone for
-- those that send uuid or bigint.  Same names, same defaults; nothing else of ours is overloaded.
CREATE FUNCTION @extschema@.retry_run(
  run_id text, reason text DEFAULT 'manual_retry', run_table regclass DEFAULT NULL, tenant text DEFAULT NULL,
  new_run_id text DEFAULT NULL,
  OUT original_run_id text, OUT retry_run_id text, OUT attempt int, OUT status text, OUT original_status text,
  OUT reason_given text, OUT decision text, OUT replayed boolean, OUT dispatch_id text, OUT resume_from_status text,
  OUT checkpoint_ref text, OUT model_profile text, OUT detail jsonb)
  RETURNS SETOF record AS 'MODULE_PATHNAME', 'retry_run' LANGUAGE C VOLATILE ROWS 1;
