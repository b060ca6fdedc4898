-- role: owner
-- tries: to have another table released than the approver names: by functions in SQL that his search_path finds first, or that become part of his statement
-- none: bites
-- guarded: held
-- locked: held
CREATE FUNCTION app.approve_release(regclass) RETURNS SETOF text LANGUAGE sql AS
  $$SELECT r::text FROM retry_ledger.approve_release('app.notes') r$$;
CREATE FUNCTION app.innocent() RETURNS SETOF text LANGUAGE sql STABLE AS
  $$SELECT r::text FROM retry_ledger.approve_release('app.notes') r$$;
CREATE VIEW app.answers AS SELECT * FROM retry_ledger.approve_release('app.notes') r;
CREATE VIEW app.more AS SELECT * FROM app.innocent();
CREATE FUNCTION app.fetched() RETURNS refcursor LANGUAGE plpgsql AS
  $$DECLARE c refcursor := 'c'; BEGIN OPEN c FOR SELECT retry_ledger.approve_release('app.notes'); RETURN c; END$$;
SELECT release_governance('log', 'to be moved');
SELECT release_governance('notes', 'quietly');
\c - attack_second
SET search_path = app, retry_ledger;
SELECT approve_release('app.log');
SELECT retry_ledger.approve_release('app.log') FROM app.answers;
SELECT retry_ledger.approve_release('app.log'), app.innocent();
SELECT retry_ledger.approve_release('app.log') FROM app.more;
SELECT 1 AS "approve_release('app.log')" FROM app.innocent();
ALTER FUNCTION app.approve_release(regclass) STABLE;
SELECT * FROM approve_release('app.log');
BEGIN; SELECT app.fetched(); FETCH ALL FROM c; COMMIT;
BEGIN; DECLARE c CURSOR WITH HOLD FOR SELECT r FROM retry_ledger.approve_release('app.notes') r; COMMIT;
PREPARE p AS SELECT approve_release('app.log');
EXECUTE p;
UPDATE app.notes SET note = 'changed';
UPDATE app.log SET what = 'changed';
