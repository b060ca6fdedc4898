-- role: owner
-- tries: to crash the server with JSON that is nested deeply, where max_stack_depth is as large as it may be
-- none: harmless
-- guarded: held
-- locked: held
-- errors: 54001
-- setup: ALTER ROLE attack_owner IN DATABASE :DBNAME SET max_stack_depth = '7MB'; GRANT EXECUTE ON FUNCTION finish_work, finish_work_batch TO attack_owner; SELECT claim_work('work', 'w', 10)
\c
SELECT retry_ledger.set_work_queue('app.runs', payload => ('{"a": ' || repeat('[', 40000) || repeat(']', 40000) || '}')::jsonb);
SELECT retry_ledger.finish_work('103', 1, 'completed', ('{"doc": ' || repeat('[', 40000) || repeat(']', 40000) || '}')::jsonb, 'app.runs');
SELECT * FROM retry_ledger.finish_work_batch((repeat('[', 40000) || repeat(']', 40000))::jsonb);
SELECT 'still there';
