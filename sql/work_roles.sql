-- Workers carry out work with rights of their own: what they need, what they must see, and what they can't do.
CREATE TABLE wo_runs (
  id bigint PRIMARY KEY, tenant_id text NOT NULL, status text NOT NULL DEFAULT 'queued'
    CHECK (status IN ('queued', 'running', 'completed', 'failed')), error text, result text);
ALTER TABLE wo_runs ENABLE ROW LEVEL SECURITY;
CREATE POLICY by_tenant ON wo_runs USING (tenant_id = current_setting('app.tenant', true));
SELECT count(*) > 0 AS adopted FROM govern_runs('wo_runs');
SELECT set_work_queue('wo_runs', 'roles', dispatch => 'all');
CREATE ROLE wo_app; CREATE ROLE wo_worker; CREATE ROLE wo_idle;
GRANT USAGE ON SCHEMA retry_ledger TO wo_app, wo_worker, wo_idle;
GRANT INSERT ON wo_runs TO wo_app;
GRANT SELECT, UPDATE ON wo_runs TO wo_worker;
GRANT EXECUTE ON FUNCTION claim_work, extend_lease, finish_work, finish_work_batch, expire_leases TO wo_worker, wo_idle;
GRANT EXECUTE ON FUNCTION dispatch_failed(text, text, regclass, text, text, text),
  dispatch_failed("any", text, regclass, text, text, text) TO wo_worker;

-- Whoever may insert makes work, though it may read nothing.
SET ROLE wo_app;
SET app.tenant = 'a';
INSERT INTO wo_runs (id, tenant_id) VALUES (1, 'a'), (2, 'a');
SET app.tenant = 'b';
INSERT INTO wo_runs (id, tenant_id) VALUES (3, 'b');
SET ROLE wo_worker;
-- A worker sees the rows whose turn it is, or is told.
SELECT * FROM refused($$SELECT claim_work('roles', 'w')$$);
SET app.tenant = 'a';
SELECT job_id, payload FROM claim_work('roles', 'w', 2);
SELECT * FROM refused($$SELECT claim_work('roles', 'w')$$);
SET app.tenant = 'b';
SELECT * FROM refused($$SELECT finish_work('1', 1, 'completed', run_table => 'wo_runs')$$);
SELECT * FROM refused($$SELECT extend_lease('1', 1, run_table => 'wo_runs')$$);
SELECT job_id, result FROM finish_work_batch('[{"job_id": "1", "fence": 1, "status": "completed", "run_table": "wo_runs"}]');
SET app.tenant = 'a';
SELECT extend_lease('1', 1, '1 hour', 'wo_runs') > now() AS extended;
SELECT finish_work('1', 1, 'completed', '{"result": "done"}', 'wo_runs');
SELECT id, status, result FROM wo_runs ORDER BY id;
-- Without a privilege on the table nothing is claimed.
SET ROLE wo_idle;
SELECT * FROM refused($$SELECT claim_work('roles', 'w')$$);
SELECT * FROM refused($$SELECT finish_work('2', 1, 'completed', run_table => 'wo_runs')$$);
SELECT * FROM refused($$SELECT extend_lease('2', 1, run_table => 'wo_runs')$$);
RESET ROLE;
GRANT SELECT, UPDATE (error) ON wo_runs TO wo_idle;
SET ROLE wo_idle;
SELECT * FROM refused($$SELECT extend_lease('2', 1, run_table => 'wo_runs')$$);
RESET ROLE;
-- It sees the row, and its policies don't let it update it.
SELECT accept_ddl('wo_runs', 'CREATE POLICY watch ON wo_runs FOR SELECT TO wo_idle USING (true)', 'test') IS NOT NULL AS accepted;
GRANT UPDATE ON wo_runs TO wo_idle;
SET app.tenant = 'b';
SET ROLE wo_idle;
SELECT * FROM refused($$SELECT extend_lease('2', 1, run_table => 'wo_runs')$$);
SET app.tenant = 'a';
SELECT extend_lease('2', 1, run_table => 'wo_runs') > now() AS extended;
-- A batch passes over what its worker doesn't see.
SET app.tenant = 'b';
SET ROLE wo_worker;
SELECT job_id FROM claim_work('roles', 'w');
SELECT job_id, result FROM finish_work_batch('[{"job_id": "2", "fence": 1, "status": "completed", "run_table": "wo_runs"},
  {"job_id": "3", "fence": 1, "status": "completed"}, {"job_id": "3", "fence": 2, "status": "completed"}]');
RESET ROLE;
REVOKE ALL ON wo_runs FROM wo_idle;
RESET app.tenant;
SELECT job_id, state, fence, worker FROM work_item WHERE queue = 'roles' ORDER BY job_id;
-- Row level security that is forced on the owner: the work can't be put together.
CREATE ROLE wo_owner;
GRANT USAGE ON SCHEMA public TO wo_owner;
CREATE TABLE wo_forced (LIKE wo_runs INCLUDING ALL);
ALTER TABLE wo_forced OWNER TO wo_owner;
ALTER TABLE wo_forced ENABLE ROW LEVEL SECURITY;
ALTER TABLE wo_forced FORCE ROW LEVEL SECURITY;
CREATE POLICY by_tenant ON wo_forced USING (tenant_id = current_setting('app.tenant', true));
SELECT count(*) > 0 AS adopted FROM govern_runs('wo_forced');
SELECT set_work_queue('wo_forced', 'roles', dispatch => 'all');
SELECT * FROM refused($$INSERT INTO wo_forced (id, tenant_id) VALUES (1, 'a')$$);
SET app.tenant = 'a';
INSERT INTO wo_forced (id, tenant_id) VALUES (1, 'a');
RESET app.tenant;
