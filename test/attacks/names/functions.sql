-- role: app
-- tries: functions of the same names, ahead of pg_catalog in search_path, that would act as whoever calls them
-- none: bites
-- guarded: held
-- locked: held
-- errors: 42501 42725
-- setup: CREATE SCHEMA shadow AUTHORIZATION attack_app
CREATE FUNCTION shadow.strike() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO shadow.seen VALUES (current_user);
  UPDATE retry_ledger.governed_table SET ended_statuses = '{}';
EXCEPTION WHEN OTHERS THEN NULL;
END $$;
CREATE TABLE shadow.seen (who text);
CREATE FUNCTION shadow.now() RETURNS timestamptz LANGUAGE plpgsql AS 'BEGIN PERFORM shadow.strike(); RETURN pg_catalog.now(); END';
CREATE FUNCTION shadow.clock_timestamp() RETURNS timestamptz LANGUAGE plpgsql AS 'BEGIN PERFORM shadow.strike(); RETURN pg_catalog.now(); END';
CREATE FUNCTION shadow.count(anyelement) RETURNS bigint LANGUAGE plpgsql AS 'BEGIN PERFORM shadow.strike(); RETURN 0; END';
CREATE FUNCTION shadow.unnest(text[]) RETURNS SETOF text LANGUAGE plpgsql AS 'BEGIN PERFORM shadow.strike(); RETURN; END';
CREATE FUNCTION shadow.gen_random_uuid() RETURNS uuid LANGUAGE plpgsql AS 'BEGIN PERFORM shadow.strike(); RETURN NULL; END';
CREATE FUNCTION shadow.quote_ident(text) RETURNS text LANGUAGE plpgsql AS 'BEGIN PERFORM shadow.strike(); RETURN ''x''; END';
CREATE FUNCTION shadow.format(text, VARIADIC "any") RETURNS text LANGUAGE internal AS 'text_format' ;
CREATE FUNCTION shadow.jsonb_each(jsonb) RETURNS SETOF record LANGUAGE plpgsql AS 'BEGIN PERFORM shadow.strike(); RETURN; END';
SET search_path = shadow, app, retry_ledger, pg_catalog;
SELECT * FROM retry_ledger.retry_run(2, run_table => 'app.runs', new_run_id => '92', request_id => 'r');
SELECT * FROM retry_ledger.plan_retry(7, run_table => 'app.runs');
SELECT * FROM retry_ledger.claim_work('work', 'me', 5);
SELECT * FROM retry_ledger.retry_lineage(4, run_table => 'app.runs');
SELECT * FROM retry_ledger.guard_status();
SELECT * FROM retry_ledger.verify_installation('app.runs');
SELECT * FROM retry_ledger.expire_leases();
CREATE TABLE shadow.mine (id int PRIMARY KEY, status text);
SELECT * FROM retry_ledger.govern_runs('shadow.mine');
SELECT retry_ledger.release_governance('shadow.mine', 'x');
SELECT CASE WHEN EXISTS (SELECT FROM shadow.seen WHERE who OPERATOR(pg_catalog.<>) 'attack_app')
  THEN pg_catalog.set_config('x.y', 'ran as somebody else', false) END;
UPDATE app.runs SET error = 'x' WHERE id OPERATOR(pg_catalog.=) 2;
