-- role: owner
-- login: attack_app
-- tries: to hide other runs by runs with which an index of an extension finds less: text with a control character, which btree_gist sorts otherwise
-- none: bites
-- guarded: not held
-- locked: held
-- setup: CREATE EXTENSION btree_gist SCHEMA public; CREATE TABLE app.spots (id bigint PRIMARY KEY, code char(6), status text DEFAULT 'queued'); INSERT INTO app.spots SELECT i, 'a' FROM generate_series(1, 1500) i; SELECT retry_ledger.govern_runs('app.spots'); GRANT ALL ON app.spots TO attack_app; UPDATE app.spots SET status = 'failed'; CREATE INDEX spots_b ON app.spots USING gist (code)
INSERT INTO app.spots (id, code) SELECT 20000 + row_number() OVER (), v FROM generate_series(1, 1200) i, unnest(ARRAY[E'a\x01', E'a\t', E'a\x02', E'a\x02b']) v ORDER BY md5(i || v);
\c - postgres
SET enable_seqscan = off;
SELECT 'REVOKE SELECT ON app.log FROM attack_app' WHERE (SELECT count(*) FROM app.spots WHERE code = 'a' AND id <= 1500) < 1500 \gexec
