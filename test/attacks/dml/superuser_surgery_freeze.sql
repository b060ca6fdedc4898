-- role: superuser
-- tries: pg_surgery that brings a former version of a row back to life
-- none: bites
-- guarded: not held
-- locked: held
-- errors: 42883
-- detected: content_hash
CREATE EXTENSION pg_surgery;
SELECT ctid FROM app.runs WHERE id = 5 \gset
UPDATE app.runs SET status = 'failed', error = 'gone' WHERE id = 5;
SELECT heap_force_freeze('app.runs'::regclass, ARRAY[:'ctid']::tid[]);
