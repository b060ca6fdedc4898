-- role: app
-- tries: to hide the runs that others insert later by cubes with a NaN in them, which equal any other
-- none: bites
-- guarded: named
-- locked: held
-- errors: 42P01
-- setup: CREATE EXTENSION cube SCHEMA public; CREATE TABLE app.spots (id bigint PRIMARY KEY, spot cube, status text DEFAULT 'queued'); SELECT retry_ledger.govern_runs('app.spots'); GRANT ALL ON app.spots TO attack_app; INSERT INTO app.spots (id, spot) SELECT i, cube(i, i) FROM generate_series(1, 500) i; CREATE INDEX spots_spot ON app.spots (spot); ANALYZE app.spots
INSERT INTO app.spots (id, spot) SELECT 10000 + i, cube('NaN'::float8, 'NaN') FROM generate_series(1, 500) i;
\c - postgres
INSERT INTO app.spots (id, spot) SELECT i, cube(i, i) FROM generate_series(501, 1000) i;
SET enable_seqscan = off;
SELECT 'REVOKE SELECT ON app.log FROM attack_app' WHERE (SELECT count(*) FROM generate_series(1, 1000) i,
  LATERAL (SELECT id FROM app.spots WHERE spot = cube(i, i) OFFSET 0) s WHERE s.id = i) < 1000 \gexec
