-- The same figures, counted from the history: what a scrape would cost without counters.
SELECT r.run_table, e.reason_code, width_bucket(extract(epoch FROM e.recorded_at - r.retried_at)::float8, retry_duration_bounds()),
       count(*), count(e.entry_id), sum(e.recorded_at - r.retried_at)
FROM retry_ledger.retry r
LEFT JOIN retry_ledger.ledger_entry e ON e.run_table = r.run_table AND e.run_key = r.retry_key AND e.action = 'ended'
WHERE r.voided_at IS NULL GROUP BY 1, 2, 3
