-- role: superuser
-- tries: pg_surgery that brings a former version of a row back to life
-- none: bites
-- guarded: not held
-- locked: held
-- errors: 42883
-- detected: content_hash
CREATE EXTENSION pg_surgery;
SELECT ctid FROM app.runs WHERE id = 2 \gset
SELECT heap_force_freeze('app.runs'::regclass, ARRAY['(0,2)', '(0,3)', '(0,4)', '(0,5)', '(0,6)', '(0,7)']::tid[]);
