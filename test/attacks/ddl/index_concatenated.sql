-- role: superuser
-- tries: a partial index of the text of a float, made by || that is a function in SQL until it is planned
-- none: bites
-- guarded: not held
-- locked: held
SET extra_float_digits = 0;
CREATE INDEX mine ON app.runs (id) WHERE status = 'queued' OR ((0.1::float8 + 0.2::float8) || ''::text) <> '0.3';
ALTER DATABASE :"DBNAME" SET enable_seqscan = off;
