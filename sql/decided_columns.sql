-- BEFORE triggers of the application may fill what they like, but for the columns that the decision of a retry rests on.
CREATE TABLE dc_runs (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tenant_id text, model text, cost int, max_retries int,
  region char(4), note text, updated text, error text, status text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'failed')));
SELECT count(*) > 0 AS adopted FROM govern_runs('dc_runs', input_columns => '{model,cost,max_retries,region,note}');
SELECT set_retry_policy('dc_runs', profile_column => 'model', profiles => '{small,big}', price_column => 'cost',
                        max_attempts_column => 'max_retries', override_columns => '{model,region}');
SELECT grant_credits('t', 100, 'purchased') IS NOT NULL AS granted;
INSERT INTO dc_runs (tenant_id, model, cost, max_retries, region, note) SELECT 't', 'small', 5, 2, 'eu', 'as it was' FROM generate_series(1, 6);
UPDATE dc_runs SET status = 'failed', error = 'connection timed out';
CREATE FUNCTION dc_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW := jsonb_populate_record(NEW, current_setting('dc.columns')::jsonb);
  RETURN NEW;
END $$;
CREATE TRIGGER zz_rewrite BEFORE INSERT ON dc_runs FOR EACH ROW EXECUTE FUNCTION dc_rewrite();

-- Of each column that the policy binds, and of one that the call has chosen.
SET dc.columns = '{"model": "huge"}';
SELECT * FROM refused($$SELECT retry_run(1, run_table => 'dc_runs')$$);
SELECT * FROM refused($$SELECT retry_run(1, run_table => 'dc_runs', overrides => '{"model": "big"}')$$);
SET dc.columns = '{"model": null}';
SELECT * FROM refused($$SELECT retry_run(1, run_table => 'dc_runs')$$);
-- Also where the policy would have allowed it: the answer and the ledger say another one.
SET dc.columns = '{"model": "big"}';
SELECT * FROM refused($$SELECT retry_run(1, run_table => 'dc_runs')$$);
SET dc.columns = '{"cost": 1}';
SELECT * FROM refused($$SELECT retry_run(1, run_table => 'dc_runs')$$);
SET dc.columns = '{"max_retries": 9}';
SELECT * FROM refused($$SELECT retry_run(1, run_table => 'dc_runs')$$);
SET dc.columns = '{"region": "us"}';
SELECT * FROM refused($$SELECT retry_run(1, run_table => 'dc_runs', overrides => '{"region": "asia"}')$$);
-- A rerun decides for many at once.
SET dc.columns = '{"model": "big"}';
SELECT allow_target('dc_runs', '{"tenant_id": "t"}') IS NOT NULL AS allowed;
SELECT * FROM refused($$SELECT rerun_failed_jobs('{"tenant_id": "t"}', run_table => 'dc_runs')$$);
SELECT count(*) AS retries FROM retry WHERE run_table = 'public.dc_runs';

-- All others, and the same values.
SET dc.columns = '{"model": "small", "cost": 5, "max_retries": 2, "region": "us", "note": "filled", "updated": "now"}';
SELECT decision, model_profile FROM retry_run(1, run_table => 'dc_runs');
SET dc.columns = '{"note": "filled"}';
SELECT decision, model_profile FROM retry_run(2, run_table => 'dc_runs', overrides => '{"model": "big", "region": "us"}');
SELECT parent_run_id, model, cost, max_retries, region, note, updated FROM dc_runs WHERE is_retry ORDER BY 1;

-- A row by hand is looked at as it is, and the trigger may make it right.
SET dc.columns = '{"model": "small"}';
INSERT INTO dc_runs (tenant_id, model, cost, max_retries, region, note, parent_run_id) VALUES ('t', 'huge', 5, 2, 'eu', 'as it was', 3);
DROP TRIGGER zz_rewrite ON dc_runs;

-- While a retry lives they change no further than they could be chosen; whatever else there is, is the application's.
SELECT * FROM refused($$UPDATE dc_runs SET model = 'huge' WHERE parent_run_id = 1$$);
SELECT * FROM refused($$UPDATE dc_runs SET cost = 0 WHERE parent_run_id = 1$$);
SELECT * FROM refused($$UPDATE dc_runs SET max_retries = 9, status = 'failed' WHERE parent_run_id = 1$$);
UPDATE dc_runs SET model = 'big', note = 'other' WHERE parent_run_id = 1 RETURNING model, cost, max_retries, note;
UPDATE dc_runs SET model = NULL WHERE parent_run_id = 1 RETURNING model;
-- A run that retries nothing has what it was given.
INSERT INTO dc_runs (tenant_id, model, cost, max_retries) VALUES ('t', 'small', 5, 2);
UPDATE dc_runs SET model = 'huge', cost = 1, max_retries = 3 WHERE status = 'queued' AND NOT is_retry RETURNING model, cost, max_retries;

-- A trigger that comes between the decision and the row makes it another one's: by a row of its own for the same parent,
SET dc.columns = '{}';
INSERT INTO dc_runs (tenant_id, model, cost, max_retries, region) SELECT 't', 'small', 5, 2, 'eu' FROM generate_series(1, 2);
UPDATE dc_runs SET status = 'failed', error = 'connection timed out' WHERE status = 'queued' AND model = 'small' AND NOT is_retry;
CREATE FUNCTION dc_between() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF pg_trigger_depth() > 1 THEN RETURN NULL; END IF;
  INSERT INTO dc_runs (tenant_id, model, cost, max_retries, region, parent_run_id)
    VALUES (NEW.tenant_id, NEW.model, NEW.cost, NEW.max_retries, NEW.region, NEW.parent_run_id);
  NEW.region := 'us';
  RETURN NEW;
END $$;
CREATE TRIGGER zz_between BEFORE INSERT ON dc_runs FOR EACH ROW EXECUTE FUNCTION dc_between();
SELECT * FROM refused($$SELECT retry_run(4, run_table => 'dc_runs', overrides => '{"region": "asia"}')$$);
SELECT * FROM refused($$SELECT rerun_failed_jobs('{"tenant_id": "t"}', run_table => 'dc_runs')$$);
-- and puts its own in the place of the one that was asked for,
CREATE OR REPLACE FUNCTION dc_between() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF pg_trigger_depth() > 1 THEN RETURN NEW; END IF;
  INSERT INTO dc_runs (tenant_id, model, cost, max_retries, region, parent_run_id)
    VALUES (NEW.tenant_id, NEW.model, NEW.cost, NEW.max_retries, NEW.region, NEW.parent_run_id);
  NEW.parent_run_id := 5;
  RETURN NEW;
END $$;
ALTER TRIGGER zz_between ON dc_runs RENAME TO aa_between;
SELECT * FROM refused($$SELECT retry_run(4, run_table => 'dc_runs')$$);
ALTER TRIGGER aa_between ON dc_runs RENAME TO zz_between;
-- or as another role.
CREATE ROLE dc_second;
GRANT ALL ON dc_runs TO dc_second;
CREATE OR REPLACE FUNCTION dc_between() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SET LOCAL ROLE dc_second;
  NEW.region := 'us';
  RETURN NEW;
END $$;
SELECT * FROM refused($$SELECT retry_run(4, run_table => 'dc_runs', overrides => '{"region": "asia"}')$$);
DROP TRIGGER zz_between ON dc_runs;
SELECT count(*) AS retries FROM retry WHERE run_table = 'public.dc_runs';

-- A retry by hand whose parent can't be seen any more when the row is there: RETURNING has set what the policy goes by.
CREATE TABLE dc_seen (id int PRIMARY KEY, tenant_id text, model text, status text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'failed')));
ALTER TABLE dc_seen ENABLE ROW LEVEL SECURITY;
CREATE POLICY dc_seen_by_tenant ON dc_seen TO dc_second USING (tenant_id = current_setting('dc.tenant', true)) WITH CHECK (true);
GRANT ALL ON dc_seen TO dc_second;
SELECT count(*) > 0 AS adopted FROM govern_runs('dc_seen');
SELECT set_retry_policy('dc_seen', profile_column => 'model', profiles => '{small}');
INSERT INTO dc_seen VALUES (1, 't', 'small');
UPDATE dc_seen SET status = 'failed';
SET ROLE dc_second;
SET dc.tenant = 't';
SELECT * FROM refused($$INSERT INTO dc_seen (id, tenant_id, model, parent_run_id) VALUES (2, 't', 'huge', 1) RETURNING set_config('dc.tenant', 'x', false)$$);
RESET ROLE;
