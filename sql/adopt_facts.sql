-- govern_append_only and govern_write_once.
\pset format unaligned
\pset footer off
CREATE TABLE ad_steps (id int PRIMARY KEY, line text);
INSERT INTO ad_steps VALUES (1, 'one'), (2, 'two');
SELECT item, decision, ad_shown(detail) AS detail FROM govern_append_only('ad_steps', dry_run => true);
SELECT item, decision, ad_shown(detail) AS detail FROM govern_append_only('ad_steps', label => 'trace_step');
SELECT * FROM refused($$UPDATE ad_steps SET line = 'x'$$) WHERE field IN ('sqlstate', 'message');
SELECT * FROM refused($$DELETE FROM ad_steps$$) WHERE field IN ('sqlstate', 'message');
SELECT * FROM refused($$TRUNCATE ad_steps$$) WHERE field IN ('sqlstate', 'message');
SELECT action, evidence - 'digest' AS evidence FROM ledger_entry WHERE run_table = 'public.ad_steps';
SELECT item, decision, ad_shown(detail) AS detail FROM govern_append_only('ad_steps') WHERE item IN ('label', 'table', 'ledger');
-- No primary key, and partitions.
CREATE TABLE ad_lines (line text) PARTITION BY LIST (line);
CREATE TABLE ad_lines_a PARTITION OF ad_lines DEFAULT;
INSERT INTO ad_lines VALUES ('a');
SELECT item, decision, detail FROM govern_append_only('ad_lines') WHERE item IN ('existing_rows', 'triggers');
SELECT * FROM refused($$TRUNCATE ad_lines_a$$) WHERE field IN ('sqlstate', 'message');
SELECT * FROM refused($$UPDATE ad_lines_a SET line = 'b'$$) WHERE field IN ('sqlstate', 'message');

CREATE TABLE ad_traces (id int PRIMARY KEY, summary text, "Ended at" date, n int NOT NULL, g int GENERATED ALWAYS AS (n) STORED);
SELECT item, decision, ad_shown(detail) AS detail FROM govern_write_once('ad_traces', '{summary,"Ended at"}', dry_run => true);
SELECT item, decision, ad_shown(detail) AS detail FROM govern_write_once('ad_traces', '{summary,"Ended at"}') WHERE item <> 'lock';
INSERT INTO ad_traces (id, n) VALUES (1, 1);
UPDATE ad_traces SET summary = 's';
SELECT * FROM refused($$UPDATE ad_traces SET summary = 't'$$) WHERE field IN ('sqlstate', 'message');
SELECT * FROM refused($$UPDATE ad_traces SET n = 2$$) WHERE field IN ('sqlstate', 'message');
-- Fewer columns: yes.  More: not where a row has a value.
UPDATE ad_traces SET "Ended at" = '2024-01-01';
SELECT item, decision FROM govern_write_once('ad_traces', '{summary}') WHERE item = 'once_columns';
SELECT * FROM refused($$SELECT govern_write_once('ad_traces', '{summary,"Ended at"}')$$);
-- Bad input.
CREATE TABLE ad_free (id int, a text, b int NOT NULL, g int GENERATED ALWAYS AS (id) STORED);
SELECT * FROM refused($$SELECT govern_write_once('ad_free', NULL)$$);
SELECT * FROM refused($$SELECT govern_write_once('ad_free', '{}')$$);
SELECT * FROM refused($$SELECT govern_write_once('ad_free', '{nope}')$$);
SELECT * FROM refused($$SELECT govern_write_once('ad_free', '{a,a}')$$);
SELECT * FROM refused($$SELECT govern_write_once('ad_free', '{b}')$$);
SELECT * FROM refused($$SELECT govern_write_once('ad_free', '{g}')$$) WHERE field = 'detail';
SELECT * FROM refused($$SELECT govern_write_once('ad_free', '{{a},{b}}')$$);
SELECT * FROM refused($$SELECT govern_write_once('ad_free', ARRAY[NULL]::name[])$$);
SELECT * FROM refused($$SELECT govern_write_once(NULL, '{a}')$$);
SELECT * FROM refused($$SELECT govern_append_only(NULL)$$);
SELECT * FROM refused($$SELECT govern_append_only('ad_free', label => '')$$);
SELECT * FROM refused($$SELECT govern_append_only('governed_tables')$$);
SELECT count(*) FROM governed_table WHERE table_name = 'public.ad_free';
