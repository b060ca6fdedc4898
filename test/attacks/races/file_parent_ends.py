# role: app
# tries: to retry a file that another session completes between the triggers that look at it
# none: bites
# guarded: held
# locked: held
# setup: SELECT retry_ledger.set_retry_policy('app.flows', price => 1, max_attempts => 5); INSERT INTO app.flow_files (id, run_id, file_index) VALUES (23, 2, 2), (24, 2, 3), (33, 3, 1); INSERT INTO app.flows (id) VALUES (8)
from sessions import Session

first, second = Session(), Session()
first.ask('''CREATE FUNCTION public.later(run bigint, retried bigint) RETURNS bigint LANGUAGE plpgsql AS $$BEGIN
    PERFORM pg_advisory_lock(1);
    INSERT INTO app.flows (id, parent_run_id) VALUES (run, retried);
    RETURN run; END$$''')
# Run 2 ends with file 22 completed, run 3 with file 31 failed.
for run, retried, file, others, end in ((1000, 2, 22, '23, 24', 'completed'), (1001, 3, 31, '33', 'failed')):
    second.ask('SELECT pg_advisory_lock(1)')
    first.send(f'''INSERT INTO app.flow_files (id, run_id, file_index, parent_file_id)
        SELECT 10 * {run}, {run}, {file} % 10 - 1, {file} UNION ALL SELECT public.later({run}, {retried}), 8, {run}, NULL''')
    first.wait_until_blocked(second)
    second.ask(f"UPDATE app.flow_files SET status = 'failed' WHERE id IN ({others})")
    second.ask(f"UPDATE app.flow_files SET status = '{end}' WHERE id = {file}")
    second.ask('SELECT pg_advisory_unlock(1)')
    first.wait()
    first.ask('SELECT pg_advisory_unlock_all()')
first.close()
second.close()
