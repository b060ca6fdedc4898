-- role: app
-- tries: to make retries void that have left something: an artifact that has expired, one of a status that no live run has, in a table that its owner can't read and that isn't mapped any more
-- none: harmless
-- guarded: held
-- locked: held
-- setup: SET ROLE attack_owner; CREATE TABLE app.artifacts (id bigint PRIMARY KEY, run_id bigint NOT NULL, status text NOT NULL, ref text NOT NULL, created_at timestamptz NOT NULL DEFAULT now(), valid_until timestamptz); ALTER TABLE app.artifacts ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; CREATE POLICY unseen ON app.artifacts FOR INSERT WITH CHECK (true); RESET ROLE; SELECT retry_ledger.govern_append_only('app.artifacts'); SELECT retry_ledger.map_checkpoints(t, 'app.artifacts') FROM unnest('{app.runs,app.day_runs}'::regclass[]) t; GRANT ALL ON app.artifacts TO attack_app
INSERT INTO app.artifacts VALUES (1, 102, 'running', 'half', now() - interval '2 days', now() - interval '1 day'), (2, 103, 'completed', 'whole', now(), NULL);
SELECT retry_ledger.dispatch_failed('102', run_table => 'app.day_runs');
\c - attack_owner
SELECT retry_ledger.map_checkpoints('app.runs', NULL);
\c - attack_app
SELECT retry_ledger.dispatch_failed('103', run_table => 'app.runs');
\c - postgres
SELECT 'CREATE TABLE app.ran_as_superuser ()' WHERE EXISTS (SELECT FROM retry_ledger.retry_history WHERE retry_run_id IN ('102', '103') AND voided_at IS NOT NULL) \gexec
