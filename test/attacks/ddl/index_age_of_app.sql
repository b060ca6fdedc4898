-- role: app
-- tries: to end a run in another time zone, where its owner has an honest index by age()
-- none: bites
-- guarded: named
-- locked: held
-- setup: SET ROLE attack_owner; CREATE TABLE app.timed (id bigint PRIMARY KEY, began_at timestamptz, ended_at timestamptz, status text NOT NULL DEFAULT 'queued'); SELECT count(*) FROM retry_ledger.govern_runs('app.timed'); GRANT ALL ON app.timed TO attack_app; INSERT INTO app.timed VALUES (1, '2024-02-01 00:00+00', '2024-03-01 00:00+00'); CREATE INDEX slow ON app.timed (id) WHERE status = 'completed' AND age(ended_at, began_at) >= interval '1 month'
SET TimeZone = 'America/New_York';
UPDATE app.timed SET status = 'completed';
SET TimeZone = 'UTC';
SET enable_seqscan = off;
SELECT CASE count(*) WHEN 0 THEN 'REVOKE SELECT ON app.log FROM attack_app' ELSE 'SELECT' END AS then
  FROM app.timed WHERE status = 'completed' AND age(ended_at, began_at) >= interval '1 month' \gset
\c - attack_owner
:then;
