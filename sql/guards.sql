-- The guards: births, ended rows, lineage, statuses, delete, truncate, by every form of DML.
CREATE TABLE gu_runs (
  id int PRIMARY KEY, tenant_id text, status text, amount numeric, note text, payload jsonb,
  doubled int GENERATED ALWAYS AS (id * 2) STORED);
SELECT count(*) > 0 AS adopted FROM govern_runs('gu_runs',
  statuses => '{"initial": ["queued"], "active": ["running"], "ended": ["completed", "failed"]}', label => 'worker_run');
INSERT INTO gu_runs (id, tenant_id, status, amount, note) VALUES (1, 'a', 'queued', 1.0, 'one'), (2, 'a', 'queued', 2.0, 'two'),
  (3, 'b', 'queued', 3.0, NULL);

-- Births.
SELECT * FROM refused($$INSERT INTO gu_runs (id, status) VALUES (9, 'failed')$$);
SELECT * FROM refused($$INSERT INTO gu_runs (id, status) VALUES (9, 'running')$$);
SELECT * FROM refused($$INSERT INTO gu_runs (id, status) VALUES (9, NULL)$$);
SELECT * FROM refused($$INSERT INTO gu_runs (id, status) VALUES (9, 'bogus')$$);
INSERT INTO gu_runs (id, status, attempt, is_retry) VALUES (4, 'queued', 5, true) RETURNING attempt, is_retry;
COPY gu_runs (id, status) FROM stdin;
5	failed
\.
COPY gu_runs (id, status, attempt) FROM stdin;
5	queued	9
\.
SELECT id, status, attempt FROM gu_runs WHERE id = 5;

-- A live run lives; key, lineage and tenant never change; statuses are a closed set.
UPDATE gu_runs SET note = 'changed', amount = 1.5 WHERE id = 1;
UPDATE gu_runs SET status = 'running' WHERE id IN (1, 2);
SELECT * FROM refused($$UPDATE gu_runs SET id = 77 WHERE id = 1$$);
SELECT * FROM refused($$UPDATE gu_runs SET tenant_id = 'b' WHERE id = 1$$);
SELECT * FROM refused($$UPDATE gu_runs SET tenant_id = NULL WHERE id = 1$$);
SELECT * FROM refused($$UPDATE gu_runs SET parent_run_id = 2 WHERE id = 1$$);
SELECT * FROM refused($$UPDATE gu_runs SET attempt = 2 WHERE id = 1$$);
SELECT * FROM refused($$UPDATE gu_runs SET is_retry = true WHERE id = 1$$);
SELECT * FROM refused($$UPDATE gu_runs SET status = 'bogus' WHERE id = 1$$);
SELECT * FROM refused($$UPDATE gu_runs SET status = NULL WHERE id = 1$$);
SELECT * FROM refused($$UPDATE gu_runs SET status = 'failed ' WHERE id = 1$$);

-- The end is a fact.
UPDATE gu_runs SET status = 'completed', amount = 1.0 WHERE id = 1;
UPDATE gu_runs SET status = 'failed', note = NULL WHERE id = 2;
SELECT action, run_key, attempt, reason_code, prior_status FROM ledger_entry WHERE run_table = 'public.gu_runs' AND action = 'ended' ORDER BY entry_id;
SELECT * FROM refused($$UPDATE gu_runs SET note = 'x' WHERE id = 1$$);
SELECT * FROM refused($$UPDATE gu_runs SET amount = 1.00 WHERE id = 1$$);
SELECT * FROM refused($$UPDATE gu_runs SET note = '' WHERE id = 2$$);
SELECT * FROM refused($$UPDATE gu_runs SET status = 'queued' WHERE id = 2$$);
SELECT * FROM refused($$UPDATE gu_runs SET status = NULL WHERE id = 2$$);
SELECT * FROM refused($$UPDATE gu_runs SET payload = '{}' WHERE id = 2$$);
SELECT * FROM refused($$INSERT INTO gu_runs (id, status) VALUES (2, 'queued') ON CONFLICT (id) DO UPDATE SET note = 'x'$$);
SELECT * FROM refused($$MERGE INTO gu_runs g USING (VALUES (2)) v(id) ON g.id = v.id WHEN MATCHED THEN UPDATE SET note = 'x'$$);
SELECT * FROM refused($$MERGE INTO gu_runs g USING (VALUES (2)) v(id) ON g.id = v.id WHEN MATCHED THEN DELETE$$);
SELECT * FROM refused($$WITH u AS (UPDATE gu_runs SET note = 'x' WHERE id = 2 RETURNING 1) SELECT * FROM u$$);
CREATE VIEW gu_view AS SELECT * FROM gu_runs;
SELECT * FROM refused($$UPDATE gu_view SET note = 'x' WHERE id = 2$$);
-- An UPDATE that changes nothing changes nothing.
UPDATE gu_runs SET note = note WHERE id = 2;
-- A column added later is as immutable as the others.
ALTER TABLE gu_runs ADD COLUMN later text;
SELECT * FROM refused($$UPDATE gu_runs SET later = 'x' WHERE id = 2$$);
-- One row of many: the whole statement is refused.
SELECT * FROM refused($$UPDATE gu_runs SET note = 'all'$$);
SELECT * FROM refused($$DELETE FROM gu_runs WHERE id = 2$$);
SELECT * FROM refused($$DELETE FROM gu_runs WHERE id = 3$$);
SELECT * FROM refused($$TRUNCATE gu_runs$$);
SELECT * FROM refused($$TRUNCATE gu_runs CASCADE$$);
SET session_replication_role = replica;
SELECT * FROM refused($$UPDATE gu_runs SET note = 'x' WHERE id = 2$$);
SELECT * FROM refused($$DELETE FROM gu_runs WHERE id = 2$$);
RESET session_replication_role;

-- A trigger of the application that sorts later can't rewrite what was checked.
CREATE FUNCTION gu_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF new.note = 'forge status' THEN new.status := 'failed'; END IF;
  IF new.note = 'forge attempt' THEN new.attempt := 9; END IF;
  IF new.note = 'reopen' THEN new.status := 'queued'; END IF;
  RETURN new; END $$;
CREATE TRIGGER zzz BEFORE INSERT OR UPDATE ON gu_runs FOR EACH ROW EXECUTE FUNCTION gu_rewrite();
SELECT * FROM refused($$INSERT INTO gu_runs (id, status, note) VALUES (20, 'queued', 'forge status')$$);
SELECT * FROM refused($$INSERT INTO gu_runs (id, status, note) VALUES (20, 'queued', 'forge attempt')$$);
SELECT * FROM refused($$UPDATE gu_runs SET note = 'reopen' WHERE id = 2$$);
SELECT * FROM refused($$UPDATE gu_runs SET note = 'forge attempt' WHERE id = 3$$);

-- Foreign-key actions meet the same guards.
CREATE TABLE gu_tenants (id text PRIMARY KEY);
INSERT INTO gu_tenants VALUES ('a'), ('b');
ALTER TABLE gu_runs ADD FOREIGN KEY (tenant_id) REFERENCES gu_tenants ON DELETE CASCADE ON UPDATE CASCADE;
SELECT * FROM refused($$DELETE FROM gu_tenants WHERE id = 'a'$$);
SELECT * FROM refused($$UPDATE gu_tenants SET id = 'c' WHERE id = 'a'$$);
SELECT id, tenant_id, status, amount, note FROM gu_runs ORDER BY id;

-- Append-only and write-once tables.
CREATE TABLE gu_steps (id int, line text);
CREATE TABLE gu_traces (id int, summary text, ended_at date, n int);
SELECT count(*) > 0 AS adopted FROM govern_append_only('gu_steps');
SELECT count(*) > 0 AS adopted FROM govern_write_once('gu_traces', ARRAY['summary', 'ended_at']);
INSERT INTO gu_steps VALUES (1, 'a'), (2, 'b');
INSERT INTO gu_traces VALUES (1, NULL, NULL, 1), (2, NULL, NULL, 2);
SELECT * FROM refused($$UPDATE gu_steps SET line = 'x' WHERE id = 1$$);
SELECT * FROM refused($$UPDATE gu_steps SET line = line WHERE id = 1$$);
SELECT * FROM refused($$DELETE FROM gu_steps$$);
SELECT * FROM refused($$TRUNCATE gu_steps$$);
UPDATE gu_traces SET summary = 'done' WHERE id = 1;
UPDATE gu_traces SET summary = 'done', ended_at = '2020-01-01' WHERE id = 2;
SELECT * FROM refused($$UPDATE gu_traces SET summary = 'again' WHERE id = 1$$);
SELECT * FROM refused($$UPDATE gu_traces SET summary = NULL WHERE id = 1$$);
SELECT * FROM refused($$UPDATE gu_traces SET n = 5 WHERE id = 1$$);
SELECT * FROM refused($$UPDATE gu_traces SET ended_at = '2020-01-02', n = 5 WHERE id = 1$$);
UPDATE gu_traces SET ended_at = '2020-01-02' WHERE id = 1;
SELECT * FROM refused($$DELETE FROM gu_traces$$);
SELECT * FROM gu_traces ORDER BY id;
-- What is generated from a column that is written once follows it, and nothing else.
CREATE TABLE gu_signed (id int, signed_by text, is_signed boolean GENERATED ALWAYS AS (signed_by IS NOT NULL) STORED,
  twice int GENERATED ALWAYS AS (id * 2) STORED);
SELECT count(*) > 0 AS adopted FROM govern_write_once('gu_signed', ARRAY['signed_by']);
INSERT INTO gu_signed VALUES (1, NULL);
UPDATE gu_signed SET signed_by = 'me';
SELECT * FROM gu_signed;
SELECT * FROM refused($$UPDATE gu_signed SET signed_by = NULL$$);
SELECT * FROM refused($$UPDATE gu_signed SET id = 2$$) WHERE field IN ('sqlstate', 'message');
-- Unless somebody could have it say something else by then.
CREATE FUNCTION gu_verdict(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'signed by ' || coalesce($1, 'nobody') $$;
CREATE TABLE gu_judged (id int, signed_by text, verdict text GENERATED ALWAYS AS (gu_verdict(signed_by)) STORED);
SELECT count(*) > 0 AS adopted FROM govern_write_once('gu_judged', ARRAY['signed_by']);
INSERT INTO gu_judged VALUES (1, NULL);
SELECT * FROM refused($$UPDATE gu_judged SET signed_by = 'me'$$);

-- Our own tables keep the same rules against a superuser's plain statements.
SELECT * FROM refused($$UPDATE ledger_entry SET reason_code = 'x'$$);
SELECT * FROM refused($$DELETE FROM ledger_entry$$);
SELECT * FROM refused($$TRUNCATE ledger_entry$$);
SELECT * FROM refused($$INSERT INTO ledger_entry SELECT gen_random_uuid(), recorded_at, 'forged', run_table, run_key, tenant, attempt,
  reason_code, prior_status, failure_class, policy_hash, session_role, acting_role, application_name, claimed_actor, transaction_id,
  content_hash, evidence, leaf_hash FROM ledger_entry LIMIT 1$$);
SELECT count(*) AS wrong FROM ledger_entry e WHERE leaf_hash IS DISTINCT FROM ledger_leaf_hash(e);

-- Enum and varchar statuses, domains.
CREATE TYPE gu_status AS ENUM ('queued', 'running', 'failed', 'completed');
CREATE DOMAIN gu_label AS varchar(20) CHECK (VALUE <> '');
CREATE TABLE gu_enum (id uuid PRIMARY KEY, status gu_status NOT NULL, note text);
CREATE TABLE gu_domain (id text PRIMARY KEY, status gu_label NOT NULL CHECK (status IN ('queued', 'failed')), note text);
SELECT count(*) > 0 AS adopted FROM govern_runs('gu_enum');
SELECT count(*) > 0 AS adopted FROM govern_runs('gu_domain');
INSERT INTO gu_enum VALUES ('00000000-0000-0000-0000-000000000001', 'queued');
INSERT INTO gu_domain VALUES ('a', 'queued');
UPDATE gu_enum SET note = 'x'; UPDATE gu_enum SET status = 'failed';
UPDATE gu_domain SET note = 'x'; UPDATE gu_domain SET status = 'failed';
SELECT * FROM refused($$UPDATE gu_enum SET note = 'y'$$);
SELECT * FROM refused($$UPDATE gu_domain SET note = 'y'$$);
SELECT attempt FROM retry_run('a', run_table => 'gu_domain', new_run_id => 'b');
SELECT attempt FROM retry_run('00000000-0000-0000-0000-000000000001'::uuid, run_table => 'gu_enum');

-- A BEFORE trigger may change a column that the UPDATE doesn't name, on one partition alone as well; an
-- UPDATE that names frozen columns without changing them (an ORM's save) is none of our business.
CREATE TABLE gu_parts (id int PRIMARY KEY, tenant_id text, status text, note text) PARTITION BY RANGE (id);
CREATE TABLE gu_parts_1 PARTITION OF gu_parts FOR VALUES FROM (0) TO (10);
CREATE TABLE gu_parts_2 PARTITION OF gu_parts FOR VALUES FROM (10) TO (20);
SELECT count(*) > 0 AS adopted FROM govern_runs('gu_parts');
INSERT INTO gu_parts VALUES (1, 'a', 'queued'), (11, 'a', 'queued');
UPDATE gu_parts SET id = id, tenant_id = tenant_id, note = 'saved', status = status;
CREATE FUNCTION gu_steal() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.tenant_id := 'b'; RETURN NEW; END $$;
CREATE TRIGGER gu_steal BEFORE UPDATE ON gu_parts_2 FOR EACH ROW EXECUTE FUNCTION gu_steal();
UPDATE gu_parts SET note = 'x' WHERE id = 1;
SELECT * FROM refused($$UPDATE gu_parts SET note = 'x'$$);
SELECT * FROM refused($$UPDATE gu_parts_2 SET note = 'x'$$);
DROP TRIGGER gu_steal ON gu_parts_2;
UPDATE gu_parts SET note = 'y';
SELECT tableoid::regclass, * FROM gu_parts ORDER BY id;

-- A reason that is written by hand has the size that a function's has.
CREATE TABLE gu_reasons (id int PRIMARY KEY, status text NOT NULL, retry_reason text);
SELECT count(*) > 0 AS adopted FROM govern_runs('gu_reasons');
INSERT INTO gu_reasons VALUES (1, 'queued'); UPDATE gu_reasons SET status = 'failed';
SELECT * FROM refused($$INSERT INTO gu_reasons (id, status, parent_run_id, retry_reason) VALUES (2, 'queued', 1, repeat('x', 10001))$$);
INSERT INTO gu_reasons (id, status, parent_run_id, retry_reason) VALUES (2, 'queued', 1, '');
SELECT reason FROM retry WHERE run_table = 'public.gu_reasons';

-- A function of a guard is for the guard that bears its name; for others it is refused when they fire.
CREATE TABLE gu_other (id int, leaf_hash bytea);
CREATE TRIGGER other AFTER INSERT ON gu_other FOR EACH ROW EXECUTE FUNCTION guard_write_once('id');
SELECT * FROM refused($$INSERT INTO gu_other VALUES (1)$$);
DROP TRIGGER other ON gu_other;
CREATE TRIGGER retry_ledger_change AFTER INSERT ON gu_other FOR EACH ROW EXECUTE FUNCTION guard_write_once('id');
SELECT * FROM refused($$INSERT INTO gu_other VALUES (1)$$);
DROP TRIGGER retry_ledger_change ON gu_other;
CREATE TRIGGER retry_ledger_delete BEFORE DELETE ON gu_other FOR EACH STATEMENT EXECUTE FUNCTION guard_remove();
SELECT * FROM refused($$DELETE FROM gu_other$$);
DROP TRIGGER retry_ledger_delete ON gu_other;
CREATE TRIGGER retry_ledger_entry BEFORE INSERT ON gu_other FOR EACH STATEMENT EXECUTE FUNCTION guard_ledger_entry();
SELECT * FROM refused($$INSERT INTO gu_other VALUES (1)$$);
CREATE TRIGGER again AFTER UPDATE ON gu_runs FOR EACH ROW EXECUTE FUNCTION guard_change();
SELECT * FROM refused($$UPDATE gu_runs SET note = 'x' WHERE id = 4$$);
DROP TRIGGER again ON gu_runs;
CREATE TRIGGER retry_ledger_birth BEFORE INSERT ON gu_traces FOR EACH ROW EXECUTE FUNCTION guard_birth();
SELECT * FROM refused($$INSERT INTO gu_traces (id) VALUES (99)$$);
DROP TRIGGER retry_ledger_entry ON gu_other;
CREATE TRIGGER retry_ledger_entry AFTER INSERT ON gu_other FOR EACH ROW EXECUTE FUNCTION guard_credit_entry();
SELECT * FROM refused($$INSERT INTO gu_other VALUES (1)$$);
