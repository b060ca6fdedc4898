-- Old partitions go under a retention, by two roles; what went is on the ledger.
\pset format unaligned
\pset footer off
CREATE ROLE regress_keeper;
CREATE ROLE regress_kim IN ROLE regress_keeper;
CREATE ROLE regress_lee IN ROLE regress_keeper;
GRANT CREATE ON SCHEMA public TO regress_keeper;
CREATE TABLE pu_runs (id int, day date, status text NOT NULL, error text, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE pu_2020 PARTITION OF pu_runs FOR VALUES FROM ('2020-01-01') TO ('2021-01-01') PARTITION BY RANGE (day);
CREATE TABLE pu_2020_1 PARTITION OF pu_2020 FOR VALUES FROM ('2020-01-01') TO ('2020-07-01');
CREATE TABLE pu_2020_2 PARTITION OF pu_2020 DEFAULT;
CREATE TABLE pu_2021 PARTITION OF pu_runs FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
CREATE TABLE pu_2022 PARTITION OF pu_runs FOR VALUES FROM ('2022-01-01') TO ('2023-01-01');
CREATE TABLE pu_2023 PARTITION OF pu_runs FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
ALTER TABLE pu_runs OWNER TO regress_keeper;
ALTER TABLE pu_2020 OWNER TO regress_keeper;
ALTER TABLE pu_2020_1 OWNER TO regress_keeper;
ALTER TABLE pu_2020_2 OWNER TO regress_keeper;
ALTER TABLE pu_2021 OWNER TO regress_keeper;
ALTER TABLE pu_2022 OWNER TO regress_keeper;
ALTER TABLE pu_2023 OWNER TO regress_keeper;
INSERT INTO pu_runs VALUES (1, '2020-02-01', 'failed', 'from before the adoption');
SELECT count(*) > 0 AS done FROM govern_runs('pu_runs', id_column => 'id', statuses => '{"initial": ["queued"], "ended": ["completed", "failed"]}');
INSERT INTO pu_runs VALUES (2, '2020-03-01', 'queued'), (3, '2020-09-01', 'queued'), (4, '2021-03-01', 'queued'),
  (5, '2022-03-01', 'queued'), (6, '2023-03-01', 'queued');
UPDATE pu_runs SET status = 'failed', error = 'boom' WHERE id IN (2, 3, 4);
SET ROLE regress_kim;

-- A retention first.
SELECT * FROM refused($$SELECT purge_governed('pu_2020', 'old')$$);
SELECT * FROM refused($$SELECT set_retention('pu_runs', NULL, 'why')$$);
SELECT * FROM refused($$SELECT set_retention('pu_runs', '-1 day', 'why')$$) WHERE field = 'message';
SELECT * FROM refused($$SELECT set_retention('pu_runs', '1 year', '')$$);
SELECT * FROM refused($$SELECT set_retention(NULL, '1 year', 'why')$$);
SELECT * FROM refused($$SELECT set_retention('pu_2020', '1 year', 'why')$$);
SELECT * FROM set_retention('pu_runs', '1 year 6 months', 'the contract says so');

-- Age is by the ledger, whatever a column says: these runs ended today.
SELECT field, regexp_replace(value, '\d{4}-\S+(?=, and)', '<time>') AS value FROM refused($$SELECT purge_governed('pu_2020', 'old')$$);
SELECT count(*) FROM set_retention('pu_runs', '1 microsecond', 'for the test');

-- What may not go.
SELECT * FROM refused($$SELECT purge_governed('pu_2022', 'old')$$);
SELECT * FROM refused($$SELECT purge_governed('pu_runs', 'old')$$);
SELECT * FROM refused($$SELECT purge_governed('pg_class', 'old')$$) WHERE field IN ('sqlstate', 'message');
SELECT * FROM refused($$SELECT purge_governed(NULL, 'old')$$);
SELECT * FROM refused($$SELECT purge_governed('pu_2020', NULL)$$);
SELECT * FROM refused($$SELECT approve_purge('pu_2020')$$);
SET ROLE regress_stranger;
SELECT * FROM refused($$SELECT set_retention('pu_runs', '1 year', 'mine')$$) WHERE field IN ('sqlstate', 'message');
SELECT * FROM refused($$SELECT purge_governed('pu_2020', 'mine')$$);
SELECT * FROM refused($$SELECT approve_purge('pu_2020')$$) WHERE field IN ('sqlstate', 'message');
SET ROLE regress_kim;

-- A run whose retry goes on, in whatever partition, however far down.
INSERT INTO pu_runs (id, day, status, parent_run_id) VALUES (14, '2022-04-01', 'queued', 4);
SELECT * FROM refused($$SELECT purge_governed('pu_2021', 'old')$$);
UPDATE pu_runs SET status = 'failed' WHERE id = 14;
INSERT INTO pu_runs (id, day, status, parent_run_id) VALUES (24, '2023-04-01', 'queued', 14);
SELECT value FROM refused($$SELECT purge_governed('pu_2021', 'old')$$) WHERE field = 'detail';
UPDATE pu_runs SET status = 'completed' WHERE id = 24;

-- Asked for by one, approved by another.
SELECT item, decision, regexp_replace(regexp_replace(detail, '\d{4}-\S+', '<time>', 'g'), '[0-9a-f]{64}', '<digest>') AS detail
  FROM purge_governed('pu_2021', 'older than the contract says');
SELECT * FROM refused($$SELECT approve_purge('pu_2021')$$);
SELECT * FROM refused($$DROP TABLE pu_2021$$) WHERE field IN ('sqlstate', 'message');
RESET ROLE;
SET ROLE regress_lee;
-- What has changed since then isn't what was asked for.
INSERT INTO pu_runs (id, day, status) VALUES (7, '2021-04-01', 'queued');
SELECT value FROM refused($$SELECT approve_purge('pu_2021')$$) WHERE field = 'message';
UPDATE pu_runs SET status = 'completed' WHERE id = 7;
SELECT * FROM refused($$SELECT approve_purge('pu_2021')$$);
SELECT count(*) FROM purge_governed('pu_2021', 'asked for again');
-- A copy, for later.
CREATE TABLE pu_copy AS TABLE pu_2021;
ALTER TABLE pu_copy ADD PRIMARY KEY (id);
RESET ROLE;

-- One person behind two roles is one, unless it is a superuser's session at level guarded.
SET SESSION AUTHORIZATION regress_lee;
SELECT * FROM refused($$SELECT approve_purge('pu_2021')$$) WHERE field IN ('message', 'detail');
RESET SESSION AUTHORIZATION;
SET ROLE regress_kim;
SELECT item, decision, regexp_replace(regexp_replace(detail, '\d{4}-\S+', '<time>', 'g'), '[0-9a-f]{64}', '<digest>') AS detail
  FROM approve_purge('pu_2021');
RESET ROLE;
SELECT to_regclass('pu_2021') AS gone, (SELECT count(*) FROM pu_runs WHERE id IN (4, 7)) AS rows;
SELECT * FROM refused($$SELECT approve_purge('pu_2020')$$) WHERE field = 'message';

-- What stays: the retry, the ledger, and the id.
SELECT original_run_id, retry_run_id FROM retry_history WHERE run_table = 'public.pu_runs' ORDER BY retry_run_id;
SELECT action, reason_code FROM ledger_entry WHERE run_table = 'public.pu_runs' AND run_key = '4' ORDER BY entry_id;
SELECT action, acting_role, evidence - '{digest,first_end,last_end,retention_set_at,requested_at}'::text[] AS evidence
  FROM ledger_entry WHERE run_table = 'public.pu_runs' AND action ~ 'purge|retention' ORDER BY entry_id;
CREATE TABLE pu_2021 PARTITION OF pu_runs FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
SELECT * FROM refused($$INSERT INTO pu_runs (id, day, status) VALUES (4, '2021-03-01', 'queued')$$) WHERE field IN ('sqlstate', 'message');
-- A request answers for one partition, once.
SELECT * FROM refused($$SELECT approve_purge('pu_2021')$$) WHERE field = 'message';
SELECT run_table, complete FROM guard_status() WHERE run_table LIKE 'public.pu_%' ORDER BY 1;
SELECT * FROM refused($$UPDATE pu_runs SET error = 'x' WHERE id = 14$$) WHERE field = 'message';

-- Too late: a request as it looks after an hour.
SELECT count(*) FROM purge_governed('pu_2021', 'empty');
UPDATE governed_table SET pending = jsonb_set(pending, '{purge public.pu_2021,at}', to_jsonb(now() - interval '61 minutes'))
  WHERE run_table = 'pu_runs'::regclass;
SELECT * FROM refused($$SELECT approve_purge('pu_2021')$$);

-- A partition of partitions goes with them, with rows from before the adoption; a superuser may do both.
SELECT accept_ddl('pu_runs', 'ALTER TABLE pu_2020_1 ENABLE ROW LEVEL SECURITY', 'read by way of pu_runs') -> 'after' ? 'partitions' AS accepted;
SELECT decision FROM purge_governed('pu_2020', 'old') WHERE item = 'rows';
SELECT decision FROM approve_purge('pu_2020') WHERE item = 'purge';
SELECT accepted = table_shape('pu_runs') AS recorded, accepted ? 'partitions' AS accepted FROM governed_table WHERE run_table = 'pu_runs'::regclass;
SELECT to_regclass('pu_2020') AS tree, to_regclass('pu_2020_1') AS part;
-- What was there can be proved by a copy: the digest is that of its rows.
SELECT decision AS rows, detail = 'digest ' || (SELECT evidence->>'digest' FROM ledger_entry
  WHERE action = 'purged' AND evidence->>'partition' = 'public.pu_2021') AS same_digest
  FROM govern_append_only('pu_copy', dry_run => true) WHERE item = 'existing_rows';
-- What a view needs stays.
CREATE VIEW pu_view AS SELECT id FROM pu_2021;
SELECT count(*) FROM purge_governed('pu_2021', 'empty');
SELECT * FROM refused($$SELECT approve_purge('pu_2021')$$) WHERE field IN ('sqlstate', 'message');
DROP VIEW pu_view;
-- Rolled back, nothing has happened.
BEGIN;
SELECT count(*) FROM approve_purge('pu_2021');
ROLLBACK;
SELECT to_regclass('pu_2021') AS still_there, count(*) FROM ledger_entry WHERE action = 'purged' GROUP BY 1;
-- A retry outlives what it retried: governing the table again, also after a release, takes that as it is, and the id stays taken.
SELECT item, decision FROM govern_runs('pu_runs', label => 'purged') WHERE item = 'existing_retries';
SELECT count(*) FROM release_governance('pu_runs', 'for a while');
SELECT count(*) FROM approve_release('pu_runs');
SELECT item, decision, detail FROM govern_runs('pu_runs') WHERE item IN ('history', 'existing_retries');
SELECT * FROM refused($$INSERT INTO pu_runs (id, day, status) VALUES (4, '2021-03-01', 'queued')$$) WHERE field IN ('sqlstate', 'message');
