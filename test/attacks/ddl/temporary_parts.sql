-- role: owner
-- tries: a generated column, a partition's own key, and what stands between them and something temporary, so that they go with the session
-- none: bites
-- guarded: held
-- locked: held
-- errors: 42P01
CREATE FUNCTION pg_temp.f(text) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT $1 || '!' $$;
CREATE COLLATION pg_temp.c (LOCALE = 'C');
-- As it is adopted.
CREATE TABLE app.mine (id int PRIMARY KEY, x text, g text GENERATED ALWAYS AS (pg_temp.f(x)) STORED);
SELECT count(*) FROM govern_append_only('app.mine');
CREATE TYPE app.pair AS (a text, b text COLLATE pg_temp.c);
CREATE TABLE app.pairs (id int PRIMARY KEY, p app.pair);
SELECT count(*) FROM govern_append_only('app.pairs');
-- As a partition, with rows.
ALTER TABLE app.day_runs DROP CONSTRAINT day_runs_pkey;
CREATE TABLE app.day_runs_3 PARTITION OF app.day_runs FOR VALUES FROM ('2024-03-01') TO ('2024-04-01') PARTITION BY LIST (note COLLATE pg_temp.c);
CREATE TABLE app.day_runs_3a PARTITION OF app.day_runs_3 DEFAULT;
INSERT INTO app.days VALUES ('2024-03-05');
INSERT INTO app.day_runs (id, day, note) VALUES (7, '2024-03-05', 'seven');
UPDATE app.day_runs SET status = 'failed', error = 'boom' WHERE id = 7;
SELECT to_regclass('app.day_runs_3') IS NOT NULL AS came \gset
DISCARD TEMP;
-- What shows that rows have gone.
SELECT :'came'::boolean AND to_regclass('app.day_runs_3') IS NULL AS gone \gset
\if :gone
REVOKE SELECT ON app.log FROM attack_app;
\endif
