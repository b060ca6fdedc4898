-- workflow_progress: a workflow as one over all its attempts: the first run and its live retries.  Each file counts
-- once, by its latest attempt; total is what the first run had.
--   run_id          of the first run; current_run_id the newest one, attempts how many there are
--   completed       files that completed; failed those that ended in a status that a retry takes up; error those
--                   that ended otherwise; pending those that haven't ended, running ones included
--   credits         spent on its retries: charged, less refunded
-- Who may read it: everybody, and each sees the workflows whose first run it can see.  Fast by run_table and run_id.
CREATE VIEW @extschema@.workflow_progress WITH (security_barrier) AS
  SELECT w.run_table, w.run_id, p.current_run_id, p.attempts, p.total, p.completed, p.failed, p.pending, p.error,
         p.credits
  FROM (
    SELECT DISTINCT c.run_table, c.run_key AS run_id FROM @extschema@.file_count c
    WHERE NOT EXISTS (SELECT FROM @extschema@.retry r WHERE r.run_table = c.run_table AND r.retry_key = c.run_key)
  ) w
  CROSS JOIN LATERAL (
    WITH RECURSIVE chain AS (
      SELECT w.run_id AS run_key, 1 AS place
      UNION ALL
      SELECT n.retry_key, chain.place + 1
      FROM chain CROSS JOIN LATERAL (  -- OFFSET 0: by index for each run, whatever the planner thinks of a new table
        SELECT r.retry_key FROM @extschema@.retry r
        WHERE r.run_table = w.run_table AND r.parent_key = chain.run_key AND r.voided_at IS NULL AND r.claims
        OFFSET 0) n
    )
    SELECT (array_agg(chain.run_key ORDER BY chain.place DESC))[1] AS current_run_id, max(chain.place) AS attempts,
           sum(f.files - f.retried) AS total, sum(f.completed) AS completed, sum(f.failed - f.retried_failed) AS failed,
           sum(f.files - f.ended - f.retried_pending) AS pending, sum(f.error) AS error,
           sum(f.credits) AS credits
    FROM chain CROSS JOIN LATERAL (
      SELECT coalesce(sum(c.files), 0) AS files, coalesce(sum(c.completed), 0) AS completed,
             coalesce(sum(c.failed), 0) AS failed, coalesce(sum(c.error), 0) AS error,
             coalesce(sum(c.completed + c.failed + c.error), 0) AS ended,
             coalesce(sum(c.retried_failed), 0) AS retried_failed, coalesce(sum(c.retried_pending), 0) AS retried_pending,
             coalesce(sum(c.retried_failed + c.retried_pending), 0) AS retried,
             (SELECT coalesce(sum(CASE l.action WHEN 'charged' THEN 1 ELSE -1 END * (l.evidence ->> 'credits')::bigint), 0)
              FROM @extschema@.ledger_entry l
              WHERE l.run_table = w.run_table AND l.run_key = chain.run_key AND l.action IN ('charged', 'refunded')) AS credits
      FROM @extschema@.file_count c WHERE c.run_table = w.run_table AND c.run_key = chain.run_key) f
  ) p
  WHERE @extschema@.can_see_run(w.run_table, w.run_id);
GRANT SELECT ON @extschema@.workflow_progress TO PUBLIC;
COMMENT ON VIEW @extschema@.workflow_progress IS
  'workflows as one over all attempts: each file once, by its latest attempt';
