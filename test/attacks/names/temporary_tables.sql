-- role: app
-- tries: temporary tables of the names of ours
-- none: bites
-- guarded: held
-- locked: held
-- setup: CREATE TABLE public.copied AS TABLE retry_ledger.governed_table WITH NO DATA
CREATE TEMPORARY TABLE governed_table (LIKE public.copied);
CREATE TEMPORARY TABLE retry (run_table text, parent_key text, voided_at timestamptz);
CREATE TEMPORARY TABLE ledger_entry (entry_id uuid);
CREATE TEMPORARY TABLE run_key (run_table text, run_key text);
CREATE TEMPORARY TABLE runs (id bigint, status text);
CREATE TEMPORARY TABLE pg_class (oid oid);
CREATE TEMPORARY TABLE pg_trigger (oid oid);
SET search_path = pg_temp, app, retry_ledger, pg_catalog;
UPDATE app.runs SET error = 'x' WHERE id = 2;
INSERT INTO app.runs (id, tenant_id, status, parent_run_id) VALUES (90, 't1', 'queued', 3);
INSERT INTO app.day_runs (id, day) VALUES (1, '2024-02-05');
SELECT retry_ledger.retry_run(3, run_table => 'app.runs', new_run_id => '91');
SELECT retry_ledger.retry_run(2, run_table => 'app.runs', new_run_id => '92');
