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
      FROM down CROSS JOIN LATERAL (  -- OFFSET 0: by index for each run, whatever the planner thinks of a new table
        SELECT * FROM @extschema@.retry n WHERE n.run_table = first.run_table AND n.parent_key = down.retry_key
        OFFSET 0) r
    ) CYCLE retry_key SET is_cycle USING path
    SELECT first.attempt - 1 AS attempt, first.parent_key AS run_id, first.original_status AS status,
           NULL::text AS reason, NULL::text AS actor, NULL::timestamptz AS at, NULL::timestamptz AS voided_at
    WHERE NOT EXISTS (SELECT FROM @extschema@.retry s WHERE s.run_table = first.run_table
                        AND s.parent_key = first.parent_key AND s.retry_id < first.retry_id)
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

-- recent_reruns: retries, the newest first.  Fast with LIMIT, and by retried_at.
CREATE VIEW @extschema@.recent_reruns WITH (security_barrier) AS
  SELECT r.retried_at, r.run_table, r.tenant, r.retry_key AS run_id, r.parent_key AS original_run_id, r.attempt,
         r.original_status, r.failure_class, r.reason, r.actor, r.not_before, r.voided_at
  FROM @extschema@.retry r
  WHERE @extschema@.can_see_run(r.run_table, r.parent_key) OR @extschema@.can_see_run(r.run_table, r.retry_key)
  ORDER BY r.retried_at DESC;
GRANT SELECT ON @extschema@.recent_reruns TO PUBLIC;
COMMENT ON VIEW @extschema@.recent_reruns IS 'retries of runs that the reader can see, the newest first';

-- target_decisions: each call of rerun_failed_jobs, with its target and what was decided.  Fast by run_table and
-- target_text (the target as jsonb prints it), and by run_table and decided_at.
-- A call counts jobs: who doesn't see every run of the table sees the calls on jobs of one tenant of which it
-- sees one.
CREATE INDEX ledger_entry_target ON @extschema@.ledger_entry
  (run_table, @extschema@.evidence_text(evidence, 'target'), recorded_at) WHERE action = 'rerun_called';
CREATE INDEX ledger_entry_call ON @extschema@.ledger_entry (run_table, recorded_at) WHERE action = 'rerun_called';
CREATE VIEW @extschema@.target_decisions WITH (security_barrier) AS
  SELECT e.recorded_at AS decided_at, e.run_table, e.tenant, e.evidence -> 'target' AS target,
         @extschema@.evidence_text(e.evidence, 'target') AS target_text, e.evidence ->> 'decision' AS decision,
         e.evidence -> 'reasons' AS reasons, e.evidence ->> 'mode' AS mode,
         (e.evidence ->> 'total_jobs')::int AS total_jobs, (e.evidence ->> 'rerun_jobs')::int AS rerun_jobs,
         (e.evidence ->> 'blocked_jobs')::int AS blocked_jobs, (e.evidence ->> 'skipped_jobs')::int AS skipped_jobs,
         e.acting_role AS actor, e.claimed_actor, e.evidence ->> 'request_id' AS request_id,
         (e.evidence ->> 'call_id')::uuid AS call_id, e.policy_hash
  FROM @extschema@.ledger_entry e
  WHERE e.action = 'rerun_called'
    AND (@extschema@.can_see_all_runs(e.run_table)
         OR (e.tenant IS NOT NULL AND @extschema@.can_see_run(e.run_table, e.evidence ->> 'witness')));
GRANT SELECT ON @extschema@.target_decisions TO PUBLIC;
COMMENT ON VIEW @extschema@.target_decisions IS 'calls of rerun_failed_jobs by target, and what was decided';

-- registered_targets: the entry in force for each target that was ever registered; for those who see every run of
-- the table, since targets may name others' customers.
CREATE VIEW @extschema@.registered_targets WITH (security_barrier) AS
  SELECT DISTINCT ON (t.run_table, t.columns, t.target)
         t.run_table, t.target, t.actions, t.max_attempts, t.version, t.reason, t.set_by, t.set_at
  FROM @extschema@.target_registry t
  WHERE @extschema@.can_see_all_runs(t.run_table)
  ORDER BY t.run_table, t.columns, t.target, t.version DESC;
GRANT SELECT ON @extschema@.registered_targets TO PUBLIC;
COMMENT ON VIEW @extschema@.registered_targets IS 'the targets of bulk reruns as they are registered now';

-- retry_outcome: whether retries helped, by table, tenant, day (UTC), failure class and the policy that was in
-- force (version 0: the built-in one).  tried counts retries that aren't void; of these the run helped if its end
-- says that the work is done (run_helped), and is open until it has ended.  Retries from before adoption were
-- decided under no policy and aren't counted.  Fast by day, and by run_table and day.
CREATE INDEX retry_day ON @extschema@.retry (((retried_at AT TIME ZONE 'UTC')::date), run_table);
CREATE INDEX retry_policy_hash ON @extschema@.retry_policy (policy_hash);
CREATE VIEW @extschema@.retry_outcome WITH (security_barrier) AS
  SELECT r.run_table, r.tenant, (r.retried_at AT TIME ZONE 'UTC')::date AS day, r.failure_class,
         coalesce(p.version, 0) AS policy_version, r.policy_hash, count(*) AS tried,
         count(*) FILTER (WHERE e.helped) AS helped, count(*) FILTER (WHERE NOT e.helped) AS did_not_help,
         count(*) FILTER (WHERE e.helped IS NULL) AS open
  FROM @extschema@.retry r
  LEFT JOIN LATERAL (
    SELECT p.version, p.retryable_statuses FROM @extschema@.retry_policy p
    WHERE p.policy_hash = r.policy_hash AND p.set_at <= r.retried_at
      AND (p.run_table = r.run_table OR p.run_table IS NULL)
    ORDER BY p.run_table NULLS LAST, p.version DESC LIMIT 1) p ON true
  LEFT JOIN LATERAL (
    SELECT @extschema@.run_helped(e.reason_code, coalesce(p.retryable_statuses, '{failed}')) AS helped
    FROM @extschema@.ledger_entry e
    WHERE e.run_table = r.run_table AND e.run_key = r.retry_key AND e.action = 'ended'
    ORDER BY e.recorded_at DESC LIMIT 1) e ON true
  WHERE r.policy_hash IS NOT NULL AND r.voided_at IS NULL
    AND (@extschema@.can_see_run(r.run_table, r.parent_key) OR @extschema@.can_see_run(r.run_table, r.retry_key))
  GROUP BY 1, 2, 3, 4, 5, 6;
GRANT SELECT ON @extschema@.retry_outcome TO PUBLIC;
COMMENT ON VIEW @extschema@.retry_outcome IS
  'did retries help: tried, helped, did not help, still open; by table, tenant, day, failure class and policy';
