-- role: app
-- tries: reports on work that is not the worker's, that is over, with another fence
-- none: bites
-- guarded: held
-- locked: held
-- errors: 42883 42703
SELECT * FROM claim_work('work', 'me', 10);
SELECT finish_work('5', 0, 'failed', run_table => 'runs');
SELECT finish_work('5', 99, 'failed', run_table => 'runs');
SELECT finish_work('2', 1, 'completed', '{"error": "none"}', run_table => 'runs');
SELECT finish_work('103', 1, 'failed', '{"error": "x", "tenant_id": "t2"}', run_table => 'runs');
SELECT finish_work('103', 1, 'failed', '{"error": "x"}', run_table => 'runs');
SELECT finish_work('103', 1, 'completed', '{"error": "y"}', run_table => 'runs');
SELECT dispatch_failed('3', run_table => 'runs');
SELECT dispatch_failed('103', run_table => 'runs');
