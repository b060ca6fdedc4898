\set i :i + 1
\set k :i * :clients + :client_id
SELECT * FROM retry_run(md5('pool' || :k)::uuid, run_table => 'worker_runs');
