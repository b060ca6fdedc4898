-- role: app
-- tries: to hide other runs by runs whose points and boxes have a NaN: PostgreSQL's GiST and BRIN indexes don't find their neighbours any more
-- none: bites
-- guarded: named
-- locked: held
-- setup: CREATE TABLE app.gp (id bigint PRIMARY KEY, p point, bx box, status text DEFAULT 'queued'); SELECT retry_ledger.govern_runs('app.gp'); GRANT ALL ON app.gp TO attack_app; INSERT INTO app.gp (id, p, bx) SELECT i, point(i, i), box(point(i, i), point(i + 1, i + 1)) FROM generate_series(1, 3000) i; UPDATE app.gp SET status = 'failed'; CREATE INDEX gp_p ON app.gp USING gist (p); CREATE INDEX gp_b ON app.gp USING brin (bx box_inclusion_ops) WITH (pages_per_range = 1); ANALYZE app.gp
INSERT INTO app.gp (id, p, bx) SELECT 10000 + i, CASE i % 2 WHEN 0 THEN point(i / 200.0, 'NaN') ELSE point('NaN', i / 200.0) END, '(0,0),(1,NaN)' FROM generate_series(1, 600) i;
\c - postgres
SET enable_seqscan = off;
SELECT 'REVOKE SELECT ON app.log FROM attack_app' WHERE (SELECT count(*) FROM app.gp WHERE p <@ box '(3000.5,3000.5),(0.5,0.5)' AND id < 10000) < 3000
   OR (SELECT count(*) FROM app.gp WHERE bx && box '(3000.5,3000.5),(0.5,0.5)' AND id < 10000) < 3000 \gexec
