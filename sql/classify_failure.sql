-- classify_failure: what it answers, of short and long texts, in each storage and encoding.
SELECT provolatile, proparallel, proisstrict FROM pg_proc WHERE proname = 'classify_failure';

SELECT e AS error, classify_failure(e) AS class FROM (VALUES
  (1, 'curl: (28) Operation timed out after 1000 milliseconds with 0 bytes received'),
  (2, 'npm error code ECONNRESET'),
  (3, 'HTTP Error 503: Service Unavailable'),
  (4, 'API rate limit exceeded for installation ID 1234567.'),
  (5, 'known flaky test'),
  (6, 'intermittent failure'),
  (7, 'Race condition in teardown'),
  (8, 'AssertionError: timeout should be 5'),
  (9, 'src/trace.c, line 502'),
  (10, 'took 502 ms'),
  (11, 'expected 503 but got 200'),
  (12, 'test_timeout_handling FAILED: AssertionError'),
  (13, 'Error 500 widgets missing'),
  (14, 'TimeoutConfig.java:12: error: cannot find symbol'),
  (15, 'retry-after not set'),
  (16, E'ETIMEDOUT, retrying in 5 s (1/3)\nsrc/a.c:1:2: error: expected '';'''),
  (17, E'ETIMEDOUT, retrying in 5 s (1/3)\nETIMEDOUT'),
  (18, 'unknown error'),
  (19, '')) v(n, e) ORDER BY n;

-- Unknown, named and NULL arguments.
SELECT classify_failure('HTTP 502'), classify_failure(error => 'HTTP 502'), classify_failure('HTTP 502'::varchar),
  classify_failure('HTTP 502', NULL), classify_failure(NULL) IS NULL AS null_in, classify_failure(NULL, NULL) IS NULL AS both;

-- With a table, which must be governed.
CREATE TABLE cf_runs (id int PRIMARY KEY, status text NOT NULL CHECK (status IN ('queued', 'failed')), error text);
SELECT * FROM refused($$SELECT classify_failure('HTTP 502', 'cf_runs')$$);
SELECT * FROM refused($$SELECT classify_failure('HTTP 502', 'pg_class')$$);
SELECT * FROM refused($$SELECT classify_failure('HTTP 502', 'no_such_table')$$);
SELECT * FROM refused($$SELECT classify_failure('HTTP 502', 0)$$);
SELECT count(*) > 0 AS adopted FROM govern_runs('cf_runs');
SELECT classify_failure('HTTP 502', 'cf_runs'), classify_failure('a.c:1:2: error: x', 'cf_runs') IS NULL AS unsure,
  classify_failure(NULL, 'cf_runs') IS NULL AS null_in;

-- Rules of one's own come first, in their order; one without a class stops there.
SELECT add_failure_rule('cf_runs', '(?i)disk quota', 'capacity'), add_failure_rule('cf_runs', '^HTTP 503: maintenance$', ''),
  add_failure_rule('cf_runs', 'AssertionError: clock', 'flaky_probable'), add_failure_rule('cf_runs', 'quota', 'billing', 1);
SELECT e AS error, classify_failure(e) AS built_in, classify_failure(e, 'cf_runs') AS own FROM (VALUES
  (1, 'Disk quota exceeded'), (2, 'Disk Quota exceeded'), (3, E'deploy\nHTTP 503: maintenance\nend'), (4, 'HTTP 503'),
  (5, 'AssertionError: clock'), (6, 'AssertionError')) v(n, e) ORDER BY n;
SELECT * FROM refused($$SELECT add_failure_rule('cf_runs', '', 'x')$$);
SELECT * FROM refused($$SELECT add_failure_rule('cf_runs', 'a(b', 'x')$$);
SELECT * FROM refused($$SELECT add_failure_rule('cf_runs', '(a)\1', 'x')$$);
SELECT * FROM refused($$SELECT add_failure_rule('cf_runs', 'a(?=b)', 'x')$$);
SELECT regexp_replace(value, '[0-9]{4} ', 'n ') FROM refused($$SELECT add_failure_rule('cf_runs', '(a|b){600}', 'x')$$) WHERE field = 'message';
SELECT value FROM refused($$SELECT add_failure_rule('cf_runs', repeat('x', 100000), 'x')$$) WHERE field = 'message';
SELECT regexp_replace(value, '[0-9]{4} ', 'n ') FROM refused($$SELECT add_failure_rule('cf_runs', 'x{950}', 'x') FROM generate_series(1, 10)$$) WHERE field = 'message';
SELECT value FROM refused($$SELECT add_failure_rule('cf_runs', 'x', 'x') FROM generate_series(1, 100)$$) WHERE field = 'message';
-- A pattern made to hang other engines.
SELECT add_failure_rule('cf_runs', '(a+)+$', 'many');
SELECT classify_failure(repeat('a', 1000000) || '!', 'cf_runs') IS NULL AS unsure, classify_failure(repeat('a', 1000000), 'cf_runs') AS own;
-- A policy that lists classes looks at them.
SELECT set_retry_policy('cf_runs', failure_classes => '{infra_transient,billing}');
INSERT INTO cf_runs VALUES (1, 'queued', NULL), (2, 'queued', NULL), (3, 'queued', NULL), (4, 'queued', NULL);
UPDATE cf_runs SET status = 'failed', error = (ARRAY['HTTP 503', 'AssertionError: timeout', 'no quota'])[id];
SELECT attempt FROM retry_run(1, run_table => 'cf_runs', new_run_id => '11');
SELECT * FROM refused($$SELECT retry_run(2, run_table => 'cf_runs', new_run_id => '12')$$);
SELECT attempt FROM retry_run(3, run_table => 'cf_runs', new_run_id => '13');
SELECT value FROM refused($$SELECT retry_run(4, run_table => 'cf_runs', new_run_id => '14')$$) WHERE field = 'message';
SELECT set_retry_policy('cf_runs', clear => '{failure_rules}');
SELECT classify_failure('no quota', 'cf_runs') IS NULL AS unsure;

-- Long texts: the end of a log says why it ended, the beginning of an error what it is, whatever the storage.
CREATE TABLE cf_texts (what text, outside text, squeezed text);
ALTER TABLE cf_texts ALTER outside SET STORAGE EXTERNAL, ALTER squeezed SET STORAGE EXTENDED;
INSERT INTO cf_texts (what, outside) SELECT * FROM (VALUES
  ('transient at the end', repeat(E'one more line of a log\n', 100000) || 'HTTP 503'),
  ('transient at the beginning', E'HTTP 503\n' || repeat(E'one more line of a log\n', 100000)),
  ('transient amid', repeat(E'one more line of a log\n', 50000) || E'HTTP 503\n' || repeat(E'one more line of a log\n', 50000)),
  ('deterministic at the beginning', E'a.c:1:2: error: x\n' || repeat(E'one more line of a log\n', 100000) || 'HTTP 503'),
  ('one line', repeat('x', 5000000) || ' HTTP 503'),
  ('just within', repeat(E'0123456789abcde\n', 65535) || 'now: HTTP 503 :('),
  ('characters', repeat('ü', 1000000) || ' HTTP 503')) v;
UPDATE cf_texts SET squeezed = outside;
SELECT what, octet_length(outside), pg_column_size(squeezed) < 100000 AS is_squeezed, classify_failure(outside) AS outside, classify_failure(squeezed) AS squeezed,
  classify_failure(outside || '') AS in_memory FROM cf_texts;

-- In parallel workers.
CREATE TABLE cf_many AS SELECT CASE WHEN n % 3 = 0 THEN 'HTTP 503' ELSE 'row ' || n END AS error FROM generate_series(1, 3000) n;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
SELECT classify_failure(error), count(*) FROM cf_many GROUP BY 1 ORDER BY 1;
SELECT classify_failure(error, 'cf_runs'), count(*) FROM cf_many GROUP BY 1 ORDER BY 1;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size;

-- Other encodings: nothing fails, and what is ASCII means the same.
\set home :DBNAME
CREATE DATABASE cf_latin1 TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C';
CREATE DATABASE cf_ascii TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C';
\connect cf_latin1
CREATE EXTENSION retry_ledger;
SELECT classify_failure(convert_from('\xe9e8', 'LATIN1') || ' HTTP 503'), classify_failure(convert_from('\xe9', 'LATIN1')) IS NULL AS unsure;
\connect cf_ascii
CREATE EXTENSION retry_ledger;
SELECT classify_failure(convert_from('\xfffec328', 'SQL_ASCII') || ' HTTP 503'), classify_failure(convert_from('\xff', 'SQL_ASCII')) IS NULL AS unsure;
\connect :home
DROP DATABASE cf_latin1;
DROP DATABASE cf_ascii;

DROP TABLE cf_texts, cf_many;
