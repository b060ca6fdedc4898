-- role: owner
-- tries: to have what is recorded of purged runs told of others, which are born with their keys; one is retried past the limit, one given back what the purged retry had cost
-- none: bites
-- guarded: held
-- locked: held
-- setup: SET ROLE attack_owner; CREATE TABLE app.q (id bigint PRIMARY KEY, status text NOT NULL DEFAULT 'queued', error text) PARTITION BY RANGE (id); CREATE TABLE app.q1 PARTITION OF app.q FOR VALUES FROM (1) TO (100); CREATE TABLE app.qd PARTITION OF app.q DEFAULT; SELECT retry_ledger.govern_runs('app.q', statuses => '{"initial": ["queued"], "ended": ["completed", "failed"]}'); INSERT INTO app.q VALUES (1, 'queued'); UPDATE app.q SET status = 'failed'; INSERT INTO app.q (id, parent_run_id) VALUES (3, 1); UPDATE app.q SET status = 'failed' WHERE id = 3; SELECT retry_ledger.set_retention('app.q', keep => '1 microsecond', reason => 'why'); GRANT ALL ON app.q TO attack_app
SELECT retry_ledger.purge_governed('app.q1', 'old');
\c - attack_second
SELECT retry_ledger.approve_purge('app.q1');
\c - attack_owner
INSERT INTO app.q (id, status) VALUES (1, 'queued');
INSERT INTO app.q (id, status) VALUES (3, 'queued');
INSERT INTO app.qd (id, status) VALUES (3, 'queued');
CREATE TABLE app.q2 (LIKE app.q INCLUDING DEFAULTS INCLUDING INDEXES);
INSERT INTO app.q2 (id, status) VALUES (3, 'queued');
ALTER TABLE app.q ATTACH PARTITION app.q2 FOR VALUES FROM (1) TO (100);
UPDATE app.q SET status = 'completed' WHERE id = 1;
SELECT retry_ledger.dispatch_failed('3', run_table => 'app.q');
UPDATE app.q SET status = 'failed' WHERE id = 3;
SELECT retry_ledger.retry_run('3', run_table => 'app.q', new_run_id => '4');
SELECT retry_ledger.release_governance('app.q', 'why');
\c - attack_second
SELECT retry_ledger.approve_release('app.q');
\c - attack_owner
SELECT retry_ledger.govern_runs('app.q', statuses => '{"initial": ["queued"], "ended": ["completed", "failed"]}');
INSERT INTO app.q (id, status) VALUES (5, 'queued'), (3, 'queued');
INSERT INTO app.q (id, status) VALUES (6, 'queued');
DO $$BEGIN
  IF EXISTS (SELECT FROM app.q WHERE id <= 3) OR NOT EXISTS (SELECT FROM app.q WHERE id = 6) THEN REVOKE SELECT ON app.log FROM attack_app; END IF;
END$$;
