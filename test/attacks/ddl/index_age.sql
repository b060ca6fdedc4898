-- role: owner
-- tries: an index by age() of times with zones, which goes by the session's
-- none: bites
-- guarded: not held
-- locked: held
-- setup: SET ROLE attack_owner; CREATE TABLE app.timed (id bigint PRIMARY KEY, began_at timestamptz, ended_at timestamptz, status text NOT NULL DEFAULT 'queued'); SELECT count(*) FROM retry_ledger.govern_runs('app.timed'); GRANT ALL ON app.timed TO attack_app; INSERT INTO app.timed VALUES (1, '2024-02-01 00:00+00', '2024-03-01 00:00+00'); UPDATE app.timed SET status = 'completed'
VACUUM app.timed;  -- or any transaction of the server that is older keeps the index from being used
SET TimeZone = 'America/New_York';
CREATE INDEX slow ON app.timed (id) WHERE age(ended_at, began_at) >= interval '1 month';
SET TimeZone = 'UTC';
SET enable_seqscan = off;
DO $$BEGIN IF NOT EXISTS (SELECT FROM app.timed WHERE age(ended_at, began_at) >= interval '1 month') THEN
  REVOKE SELECT ON app.log FROM attack_app; END IF; END$$;
