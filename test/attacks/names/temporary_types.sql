-- role: app
-- tries: temporary types and domains of the names of types that we use
-- none: bites
-- guarded: held
-- locked: held
-- errors: 42804
CREATE DOMAIN pg_temp.text AS int;
CREATE DOMAIN pg_temp.regclass AS int;
CREATE DOMAIN pg_temp.jsonb AS int;
SET search_path = pg_temp, pg_catalog;
UPDATE app.runs SET error = 'x' WHERE id = 2;
DELETE FROM app.runs WHERE id = 7;
SELECT retry_ledger.retry_run(2, run_table => 'app.runs', new_run_id => '92');
SELECT count(*) FROM retry_ledger.retry_history;
