-- classify_failure: the class of a failure by its text: 'infra_transient' (time-outs, network, rate limits, HTTP 429,
-- 500, 502, 503, 504), 'flaky_probable' (said to be flaky, intermittent, random, a race), or NULL: unsure, and so
-- not to be retried.  What would fail again is NULL.
--   error      the error's text or the end of a log; of more than 1 MB its first 64 KB and its end are looked at
--   run_table  a governed table: the rules of its policy (add_failure_rule) are asked first, in their order, then
--              the built-in ones; without it, only the built-in ones
-- Result: the class of the first rule that matches; NULL if that rule says unsure, if none matches, or if error is
--   NULL.  The same text gives the same class, whatever its length, encoding or the settings.
-- Errors: INVALID_RUN_TABLE.  Who may call: anybody.
CREATE FUNCTION @extschema@.classify_failure(error text, run_table regclass DEFAULT NULL) RETURNS text
  AS 'MODULE_PATHNAME', 'classify_failure' LANGUAGE C STABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION @extschema@.classify_failure IS
  'the class of a failure by its text: infra_transient, flaky_probable, or NULL where it is unsure or not transient';
