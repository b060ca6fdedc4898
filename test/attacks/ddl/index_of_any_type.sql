-- role: owner
-- tries: to hide rows by an index with a function in C of an extension that is called immutable, and writes values of any type, as settings say
-- none: bites
-- guarded: not held
-- locked: held
-- setup: CREATE EXTENSION hstore SCHEMA public; CREATE TABLE app.hs (id bigint PRIMARY KEY, began timestamptz, status text DEFAULT 'queued'); ALTER TABLE app.hs OWNER TO attack_owner; SELECT retry_ledger.govern_runs('app.hs'); INSERT INTO app.hs SELECT i, '2024-03-05 12:00+00'::timestamptz + i * interval '1 min' FROM generate_series(1, 3000) i; UPDATE app.hs SET status = 'failed'; ANALYZE app.hs
SET TimeZone = 'Asia/Tokyo';
CREATE INDEX ON hs ((public.hstore(ROW(began)) OPERATOR(public.->) 'f1'));
\c - postgres
SET TimeZone = 'UTC';
SET enable_seqscan = off;
SELECT 'REVOKE SELECT ON app.log FROM attack_app' WHERE NOT EXISTS (
  SELECT FROM app.hs WHERE public.hstore(ROW(began)) OPERATOR(public.->) 'f1' = '2024-03-05 12:01:00+00') \gexec
