-- role: app
-- tries: operators of the same names, ahead of pg_catalog in search_path, that find nothing equal
-- none: bites
-- guarded: held
-- locked: held
-- setup: CREATE SCHEMA shadow AUTHORIZATION attack_app
CREATE FUNCTION shadow.never(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false';
CREATE FUNCTION shadow.never(bigint, bigint) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false';
CREATE FUNCTION shadow.never(oid, oid) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false';
CREATE FUNCTION shadow.never(anyelement, anyelement) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false';
CREATE FUNCTION shadow.never(regclass, regclass) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false';
CREATE OPERATOR shadow.= (FUNCTION = shadow.never, LEFTARG = text, RIGHTARG = text);
CREATE OPERATOR shadow.= (FUNCTION = shadow.never, LEFTARG = bigint, RIGHTARG = bigint);
CREATE OPERATOR shadow.= (FUNCTION = shadow.never, LEFTARG = oid, RIGHTARG = oid);
CREATE OPERATOR shadow.= (FUNCTION = shadow.never, LEFTARG = regclass, RIGHTARG = regclass);
CREATE OPERATOR shadow.= (FUNCTION = shadow.never, LEFTARG = anyelement, RIGHTARG = anyelement);
CREATE OPERATOR shadow.<> (FUNCTION = shadow.never, LEFTARG = text, RIGHTARG = text);
SET search_path = shadow, app, retry_ledger, pg_catalog;
INSERT INTO app.runs (id, tenant_id, status, parent_run_id) VALUES (90, 't1', 'queued', 3);
SELECT retry_ledger.retry_run(3, run_table => 'app.runs', new_run_id => '91');
UPDATE app.runs SET error = 'x' WHERE pg_catalog.int8eq(id, 2);
DELETE FROM app.runs WHERE pg_catalog.int8eq(id, 7);
INSERT INTO app.day_runs (id, day) VALUES (1, '2024-02-05');
SELECT * FROM retry_ledger.retry_run(2, run_table => 'app.runs', new_run_id => '92');
