-- role: owner
-- tries: to hide rows from conditions on a column by classes of PostgreSQL's with which it finds too little: SP-GiST of networks, GiST of multiranges
-- none: bites
-- guarded: not held
-- locked: held
-- setup: CREATE TABLE app.nets (id bigint PRIMARY KEY, net inet, spans int4multirange, status text DEFAULT 'queued'); ALTER TABLE app.nets OWNER TO attack_owner; SELECT retry_ledger.govern_runs('app.nets'); INSERT INTO app.nets (id, net) SELECT row_number() OVER (), n FROM generate_series(1, 60) i, unnest('{0.0.0.0/0,0.0.0.0,255.255.255.255,192.168.1.1/24,192.168.1.1/16,::/0,::1,ffff::/16}'::inet[]) n ORDER BY i; INSERT INTO app.nets (id, net) SELECT 1000 + i, '10.1.0.0'::inet + i FROM generate_series(1, 3000) i; INSERT INTO app.nets (id, spans) VALUES (0, int4multirange(int4range(1, 3), int4range(11, 13))); UPDATE app.nets SET status = 'failed'
CREATE INDEX ON nets USING spgist (net);
CREATE INDEX ON nets USING gist (spans);
\c - postgres
SET enable_seqscan = off;
SELECT 'REVOKE SELECT ON app.log FROM attack_app' WHERE (SELECT count(*) FROM app.nets WHERE net = '::1') < 60
  OR NOT EXISTS (SELECT FROM app.nets WHERE spans <@ '{[1,3),[11,14)}'::int4multirange) \gexec
