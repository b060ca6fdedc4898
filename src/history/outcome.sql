-- What became of retries: attempts of a run, the newest reruns, decisions by target, and whether retries helped.
-- Each reader sees of them what it may see of the runs.  Quals that leak nothing come before the filter, so that
-- indexes serve however long the history grows: equality and order on the columns named with each view.

-- can_see_all_runs: whether the caller's privileges let it see every run of a table, row level security included.
CREATE FUNCTION @extschema@.can_see_all_runs(run_table text) RETURNS boolean
  AS 'MODULE_PATHNAME', 'can_see_all_runs' LANGUAGE C STABLE STRICT PARALLEL RESTRICTED COST 10;
COMMENT ON FUNCTION @extschema@.can_see_all_runs IS
  'whether the caller sees every run of a table, by its own privileges and row level security';

-- evidence_text: a field of a ledger entry's evidence as text; NULL if there is none.  It raises nothing and tells
-- nothing (LEAKPROOF), so that an index on it serves behind the filter of a view.
CREATE FUNCTION @extschema@.evidence_text(evidence jsonb, field text) RETURNS text
  AS 'MODULE_PATHNAME', 'evidence_text' LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.evidence_text IS 'a field of a ledger entry''s evidence as text';

-- run_helped: whether the status in which a run ended says that its work is done: it is none that the policy lets
-- be retried, and its name doesn't say that the run failed, was stopped or was never run.
CREATE FUNCTION @extschema@.run_helped(status text, retryable_statuses text[]) RETURNS boolean
  AS 'MODULE_PATHNAME', 'run_helped' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION @extschema@.run_helped IS 'whether the status in which a run ended says that its work is done';

-- run_attempts: each attempt of each run that was retried, from the original on (attempt 1, without a reason);
-- status is that in which it ended, NULL while it hasn't.  Fast by run_table and root_run_id.
CREATE VIEW @extschema@.run_attempts WITH (security_barrier) AS
  SELECT first.run_table, first.tenant, first.parent_key AS root_run_id, a.attempt, a.run_id,
         coalesce(a.status, (SELECT e.reason_code FROM @extschema@.ledger_entry e
                             WHERE e.run_table = first.run_table AND e.run_key = a.run_id AND e.action = 'ended'
                             ORDER BY e.recorded_at DESC LIMIT 1)) AS status,
         a.reason, a.actor, a.at, a.voided_at
  FROM @extschema@.retry first
  CROSS JOIN LATERAL (
    WITH RECURSIVE down AS (
      SELECT first.retry_key, first.attempt, first.reason, first.actor, first.retried_at, first.voided_at
      UNION ALL
      SELECT r.retry_key, r.attempt, r.reason, r.actor, r.retried_at, r.voided_at
      FROM down JOIN @extschema@.retry r ON r.run_table = first.run_table AND r.parent_key = down.retry_key
    ) CYCLE retry_key SET is_cycle USING path
    SELECT first.attempt - 1 AS attempt, first.parent_key AS run_id, first.original_status AS status,
           NULL::text AS reason, NULL::text AS actor, NULL::timestamptz AS at, NULL::timestamptz AS voided_at
    WHERE first.claims AND first.voided_at IS NULL
    UNION ALL
    SELECT d.attempt, d.retry_key,
           (SELECT n.original_status FROM @extschema@.retry n
            WHERE n.run_table = first.run_table AND n.parent_key = d.retry_key LIMIT 1),
           d.reason, d.actor, d.retried_at, d.voided_at
    FROM down d WHERE NOT d.is_cycle
  ) a
  WHERE NOT EXISTS (SELECT FROM @extschema@.retry p
                    WHERE p.run_table = first.run_table AND p.retry_key = first.parent_key)
    AND @extschema@.can_see_run(first.run_table, a.run_id);
GRANT SELECT ON @extschema@.run_attempts TO PUBLIC;
COMMENT ON VIEW @extschema@.run_attempts IS
  'each attempt of each run that was retried, with the status in which it ended, why and who asked';
