-- Our own tables: written by our functions and by statements of their owner, by nobody else, whatever is granted.
CREATE ROLE ot_writer IN ROLE pg_read_all_data, pg_write_all_data;
CREATE TABLE ot_runs (id int PRIMARY KEY, status text NOT NULL, amount numeric, at timestamptz, note text);
SELECT count(*) > 0 AS adopted FROM govern_runs('ot_runs',
  statuses => '{"initial": ["queued"], "active": ["running"], "ended": ["completed", "failed"]}');
GRANT INSERT, UPDATE, DELETE, TRUNCATE ON ledger_entry TO ot_writer;
GRANT USAGE ON SCHEMA retry_ledger TO ot_writer;
INSERT INTO ot_runs VALUES (1, 'queued', 1.0, '2024-01-05 12:00+00'), (2, 'queued', 1.0, NULL);
UPDATE ot_runs SET status = 'failed';

SET ROLE ot_writer;
SELECT * FROM refused($$INSERT INTO retry_ledger.retry DEFAULT VALUES$$);
SELECT * FROM refused($$UPDATE retry_ledger.governed_table SET ended_statuses = '{}'$$);
SELECT * FROM refused($$DELETE FROM retry_ledger.run_key$$);
SELECT * FROM refused($$TRUNCATE retry_ledger.ledger_entry$$);
SELECT * FROM refused($$UPDATE retry_ledger.file_count SET completed = 0 WHERE false$$);
COPY retry_ledger.run_key FROM stdin;
public.ot_runs	1
\.
-- Its own statements on governed tables do what they do for everybody, the ledger's entries included.
INSERT INTO ot_runs (id, status, parent_run_id) VALUES (3, 'queued', 1);
UPDATE ot_runs SET status = 'failed' WHERE id = 3;
RESET ROLE;
SELECT action, run_key, acting_role FROM ledger_entry WHERE run_table = 'public.ot_runs' AND acting_role = 'ot_writer' ORDER BY action;

-- No table of ours is left out.
SELECT c.relname FROM pg_class c JOIN pg_depend d ON d.objid = c.oid AND d.classid = 'pg_class'::regclass AND d.deptype = 'e'
  JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'retry_ledger'
  WHERE c.relkind IN ('r', 'p') AND NOT EXISTS (
    SELECT FROM pg_trigger WHERE tgrelid = c.oid AND tgname = 'retry_ledger_writer' AND tgenabled = 'A');

-- ledger_content_hash: what the entry of an end keeps, whatever the settings; bytes count, not equality.
SET TimeZone = 'Asia/Tokyo';
SET DateStyle = 'German';
SELECT r.id, e.content_hash = ledger_content_hash(r) AS as_it_ended FROM ot_runs r
  JOIN ledger_entry e ON e.run_table = 'public.ot_runs' AND e.run_key = r.id::text AND e.action = 'ended' ORDER BY r.id;
RESET TimeZone;
RESET DateStyle;
SELECT ledger_content_hash(ROW(1, 1.0)) = ledger_content_hash(ROW(1, 1.0)) AS same,
       ledger_content_hash(ROW(1, 1.0)) = ledger_content_hash(ROW(1, 1.00)) AS other_scale,
       ledger_content_hash(ROW(1, NULL)) = ledger_content_hash(ROW(1)) AS null_is_left_out,
       ledger_content_hash(NULL::ot_runs) AS of_nothing;
SELECT * FROM refused($$SELECT ledger_content_hash(1)$$);

-- A column that is added later: the ledger says what ended rows have got by it, and the check leaves out that and no more.
SET TimeZone = 'Asia/Tokyo';
ALTER TABLE ot_runs ADD COLUMN tries int NOT NULL DEFAULT 3, ADD COLUMN remark text;
ALTER TABLE ot_runs ADD COLUMN since timestamptz DEFAULT '2024-01-05 12:00+00', ADD COLUMN "Odd ""one" varchar(9) DEFAULT E'a\\"b';
ALTER TABLE ot_runs ALTER COLUMN tries SET DEFAULT 4;
ALTER TABLE ot_runs ADD CHECK (tries > 0);
RESET TimeZone;
SELECT run_key, acting_role, evidence FROM ledger_entry WHERE run_table = 'public.ot_runs' AND action = 'column_added' ORDER BY entry_id;
CREATE VIEW ot_check AS
SELECT r.id, e.content_hash = ledger_content_hash(r) AS with_all, e.content_hash = ledger_content_hash(r, (
    SELECT jsonb_object_agg(c.evidence->>'column', c.evidence->>'value' ORDER BY c.entry_id) FROM ledger_entry c
    WHERE c.run_table = e.run_table AND c.action = 'column_added' AND c.entry_id > e.entry_id)) AS as_it_ended
  FROM ot_runs r JOIN ledger_entry e ON e.run_table = 'public.ot_runs' AND e.run_key = r.id::text AND e.action = 'ended';
INSERT INTO ot_runs (id, status) VALUES (4, 'queued');
UPDATE ot_runs SET status = 'failed' WHERE id = 4;
SELECT * FROM ot_check ORDER BY id;
-- By who can: disabled guards.
ALTER EVENT TRIGGER retry_ledger_ddl_end DISABLE;
ALTER TABLE ot_runs DISABLE TRIGGER USER;
UPDATE ot_runs SET tries = 4 WHERE id = 1;
UPDATE ot_runs SET remark = '' WHERE id = 2;
UPDATE ot_runs SET tries = 5 WHERE id = 4;
ALTER TABLE ot_runs ENABLE TRIGGER USER;
ALTER EVENT TRIGGER retry_ledger_ddl_end ENABLE ALWAYS;
SELECT * FROM ot_check ORDER BY id;
DROP VIEW ot_check;
SELECT ledger_content_hash(ROW(1, 2), '{"f2": "2"}') = ledger_content_hash(ROW(1)) AS left_out,
       ledger_content_hash(ROW(1, 2), '{"f2": "3"}') = ledger_content_hash(ROW(1, 2)) AS another_value,
       ledger_content_hash(ROW(1, 2), '[2]') = ledger_content_hash(ROW(1, 2), NULL) AS nothing_named,
       ledger_content_hash(NULL::ot_runs, '{}') AS of_nothing;
