-- role: app
-- tries: to run out of stack, memory or time in the middle of a guard
-- none: bites
-- guarded: held
-- locked: held
SET max_stack_depth = '100kB';
UPDATE runs SET error = 'x' WHERE id = 2;
RESET max_stack_depth;
SET statement_timeout = '1ms';
UPDATE runs SET error = repeat('x', 1000000) WHERE id = 2;
DELETE FROM runs;
SELECT retry_run(2, run_table => 'runs', new_run_id => '90');
SET statement_timeout = 0;
SET work_mem = '64kB';
UPDATE runs SET error = 'x' WHERE id = 2;
SET temp_file_limit = 0;
UPDATE runs SET error = 'x' WHERE id = 2;
