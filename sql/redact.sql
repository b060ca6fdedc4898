-- Personal data goes out of runs that have ended: by two roles; who, when, why and hashes stay.
\pset format unaligned
\pset footer off
CREATE ROLE regress_redactor;
CREATE ROLE regress_max IN ROLE regress_redactor;
CREATE ROLE regress_ned IN ROLE regress_redactor;
GRANT CREATE ON SCHEMA public TO regress_redactor;
CREATE TABLE re_runs (id int PRIMARY KEY, tenant_id text, status text NOT NULL, error text, prompt jsonb, model text, kind text NOT NULL DEFAULT 'x',
  words int GENERATED ALWAYS AS (length(error)) STORED);
ALTER TABLE re_runs OWNER TO regress_redactor;
SET ROLE regress_max;
SELECT count(*) > 0 AS done FROM govern_runs('re_runs');
SELECT set_retry_policy('re_runs', profile_column => 'model', profiles => '{small}');
INSERT INTO re_runs VALUES (1, 'a', 'queued', NULL, '{"name": "Jane"}', 'small'), (2, 'a', 'queued', NULL, '{"name": "Joe"}', 'small'), (3, 'a', 'queued', NULL, NULL, 'small');
UPDATE re_runs SET status = 'failed', error = 'no such person: Jane' WHERE id < 3;
SELECT attempt FROM retry_run(1, run_table => 're_runs', new_run_id => '11');
SELECT id, ledger_content_hash(r) AS hash INTO TEMP re_before FROM re_runs r WHERE id = 1;

-- What is refused.
SELECT * FROM refused($$SELECT redact_run('re_runs', '3', '{error}', 'asked for')$$);
SELECT * FROM refused($$SELECT redact_run('re_runs', '9', '{error}', 'asked for')$$);
SELECT * FROM refused($$SELECT redact_run('re_runs', 'one', '{error}', 'asked for')$$) WHERE field IN ('sqlstate', 'message');
SELECT * FROM refused($$SELECT redact_run('re_runs', '1', '{nothing}', 'asked for')$$);
SELECT c AS column, value FROM unnest('{id,status,tenant_id,parent_run_id,attempt,is_retry,model}'::text[]) c,
  refused(format($$SELECT redact_run('re_runs', '1', '{error,%s}', 'asked for')$$, c)) WHERE field = 'message';
SELECT * FROM refused($$SELECT redact_run('re_runs', '1', '{id}', 'asked for')$$) WHERE field = 'detail';
SELECT * FROM refused($$SELECT redact_run('re_runs', '1', '{words}', 'asked for')$$);
SELECT * FROM refused($$SELECT redact_run('re_runs', '1', '{kind}', 'asked for')$$);
SELECT * FROM refused($$SELECT redact_run('re_runs', '1', '{}', 'asked for')$$) WHERE field IN ('sqlstate', 'message');
SELECT * FROM refused($$SELECT redact_run('re_runs', '1', NULL, 'asked for')$$) WHERE field IN ('sqlstate', 'message');
SELECT * FROM refused($$SELECT redact_run('re_runs', '1', '{error}', '')$$) WHERE field IN ('sqlstate', 'message');
SELECT * FROM refused($$SELECT redact_run('pg_class', '1', '{error}', 'asked for')$$) WHERE field IN ('sqlstate', 'message');
SELECT * FROM refused($$SELECT approve_redaction('re_runs', '1', '{error}')$$);
SET ROLE regress_stranger;
SELECT * FROM refused($$SELECT redact_run('re_runs', '1', '{error}', 'mine')$$);
SELECT * FROM refused($$SELECT approve_redaction('re_runs', '1', '{error}')$$) WHERE field = 'message';
SET ROLE regress_max;

-- Asked for by one, approved by another: that row, those columns.
SELECT * FROM redact_run('re_runs', '1', '{error,prompt}', 'the person asked for it');
SELECT * FROM refused($$SELECT approve_redaction('re_runs', '1', '{error,prompt}')$$);
SELECT * FROM refused($$UPDATE re_runs SET error = NULL, prompt = NULL WHERE id = 1$$) WHERE field IN ('sqlstate', 'message');
RESET ROLE;
SET ROLE regress_ned;
SELECT * FROM refused($$SELECT approve_redaction('re_runs', '2', '{error,prompt}')$$) WHERE field = 'message';
SELECT approve_redaction('re_runs', '1', '{error}');
SELECT string_agg(concat_ws('|', item, CASE WHEN item = 'salt' THEN '' ELSE decision END, detail), E'\n') AS answer,
  max(decision) FILTER (WHERE item = 'salt') AS salt FROM approve_redaction('re_runs', '1', '{error,prompt}') \gset
\echo :answer
SELECT * FROM refused($$SELECT approve_redaction('re_runs', '1', '{error,prompt}')$$) WHERE field = 'message';
RESET ROLE;
SELECT id, status, error, prompt, words, model FROM re_runs WHERE id < 3 ORDER BY id;
SELECT original_run_id, retry_run_id, original_error FROM retry_history WHERE run_table = 'public.re_runs';

-- What the ledger has of it: hashes that a copy can be held against.
SELECT action, acting_role, evidence - '{requested_at,value_hashes,content_hash_before}'::text[] AS evidence,
  evidence->>'content_hash_before' = encode(b.hash, 'hex') AS hash_before, content_hash = ledger_content_hash(r) AS hash_after,
  evidence->'value_hashes'->>0 = 'error: ' || encode(sha256(decode(:'salt', 'hex') || 'no such person: Jane'), 'hex') AS error_hash
  FROM ledger_entry e, re_before b, re_runs r
  WHERE r.id = 1 AND e.run_table = 'public.re_runs' AND e.run_key = '1' AND e.action ~ 'redact' ORDER BY entry_id;
SELECT count(*) AS texts_left FROM ledger_entry e WHERE e::text LIKE '%Jane%';
-- The newest of both entries says what the row must be.
SELECT count(*) AS wrong FROM (SELECT DISTINCT ON (run_key) run_key, content_hash FROM ledger_entry
  WHERE run_table = 'public.re_runs' AND action IN ('ended', 'redacted') ORDER BY run_key, recorded_at DESC, entry_id DESC) e
  JOIN re_runs r ON r.id::text = e.run_key WHERE e.content_hash <> ledger_content_hash(r);
-- Still a fact.
SELECT * FROM refused($$UPDATE re_runs SET error = 'x' WHERE id = 1$$) WHERE field = 'message';

-- Too late.
SELECT count(*) FROM redact_run('re_runs', '2', '{error}', 'asked for');
UPDATE governed_table SET pending = jsonb_set(pending, '{redact public.re_runs 2,at}', to_jsonb(now() - interval '61 minutes'))
  WHERE run_table = 're_runs'::regclass;
SELECT * FROM refused($$SELECT approve_redaction('re_runs', '2', '{error}')$$) WHERE field IN ('sqlstate', 'message');
-- A trigger of the application changes no other column with it, nor keeps what is to go.
CREATE FUNCTION re_meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.prompt := '{"name": "x"}'; RETURN NEW; END $$;
CREATE TRIGGER re_meddle BEFORE UPDATE ON re_runs FOR EACH ROW EXECUTE FUNCTION re_meddle();
SELECT count(*) FROM redact_run('re_runs', '2', '{error}', 'asked for');
SELECT * FROM refused($$SELECT approve_redaction('re_runs', '2', '{error}')$$) WHERE field = 'message';
CREATE OR REPLACE FUNCTION re_meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
SELECT * FROM refused($$SELECT approve_redaction('re_runs', '2', '{error}')$$) WHERE field IN ('message', 'detail');
DROP TRIGGER re_meddle ON re_runs;
SELECT count(*) FROM approve_redaction('re_runs', '02', '{error}');
SELECT id, error, prompt FROM re_runs WHERE id = 2;

-- What is generated from a redacted column changes with it, where nobody can have it say something else by then.
CREATE FUNCTION re_verdict(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'charged: ' || coalesce($1, 'nothing') $$;
CREATE TABLE re_judged (id int PRIMARY KEY, status text NOT NULL, error text, note text,
  verdict text GENERATED ALWAYS AS (re_verdict(note)) STORED,
  found tsvector GENERATED ALWAYS AS (to_tsvector('english', coalesce(error, ''))) STORED);
SELECT count(*) > 0 AS done FROM govern_runs('re_judged');
INSERT INTO re_judged VALUES (1, 'queued');
UPDATE re_judged SET status = 'failed', error = 'no such person', note = 'twice';
SELECT * FROM refused($$SELECT redact_run('re_judged', '1', '{error,note}', 'asked for')$$);
SELECT count(*) FROM redact_run('re_judged', '1', '{error}', 'asked for');
SELECT count(*) FROM approve_redaction('re_judged', '1', '{error}');
TABLE re_judged;
