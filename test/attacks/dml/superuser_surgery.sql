-- role: superuser
-- tries: pg_surgery, which writes below the table
-- none: bites
-- guarded: not held
-- locked: held
-- errors: 42883
-- detected: content_hash
CREATE EXTENSION pg_surgery;
SELECT ctid FROM app.runs WHERE id = 7 \gset
SELECT heap_force_kill('app.runs'::regclass, ARRAY[:'ctid'::tid]);
