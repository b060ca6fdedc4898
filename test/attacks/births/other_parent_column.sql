-- role: owner
-- tries: links that nobody decided, by another column for the parent, of runs that were born since
-- none: harmless
-- guarded: held
-- locked: held
CREATE TABLE app.guessed (id bigint PRIMARY KEY, tenant_id text, status text DEFAULT 'queued', parent_run_id bigint, other bigint, error text);
INSERT INTO app.guessed VALUES (1, 't1', 'failed', NULL, NULL, 'e');
SELECT retry_ledger.govern_runs('app.guessed');
INSERT INTO app.guessed (id, tenant_id, other) VALUES (2, 't1', 1);
INSERT INTO app.guessed (id, tenant_id, other) VALUES (3, 't1', 2);
SELECT retry_ledger.govern_runs('app.guessed', parent_column => 'other');
