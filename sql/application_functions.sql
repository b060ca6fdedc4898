-- Functions of the application that retry runs themselves: a chain has an end, a circle is refused.
CREATE SCHEMA af;
CREATE TABLE af.runs (id int PRIMARY KEY, status text NOT NULL DEFAULT 'queued');
CREATE TABLE af.others (id int PRIMARY KEY, status text NOT NULL DEFAULT 'queued');
SELECT count(*) > 0 AS adopted FROM govern_runs('af.runs');
SELECT count(*) > 0 AS adopted FROM govern_runs('af.others');
INSERT INTO af.runs SELECT generate_series(1, 9);
INSERT INTO af.others SELECT generate_series(1, 9);
UPDATE af.runs SET status = 'failed';
UPDATE af.others SET status = 'failed';
CREATE FUNCTION af.free(run jsonb) RETURNS bigint LANGUAGE sql STABLE AS 'SELECT 0';
CREATE FUNCTION af.chain(run jsonb) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
BEGIN
  PERFORM retry_ledger.retry_run(run ->> 'id', run_table => 'af.others', new_run_id => (100 + (run ->> 'id')::int)::text);
  RETURN 0;
END $$;
CREATE FUNCTION af.circle(run jsonb) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
BEGIN
  PERFORM retry_ledger.retry_run(run ->> 'id', run_table => 'af.runs', new_run_id => (100 + (run ->> 'id')::int)::text);
  RETURN 0;
END $$;
-- Each of its calls makes two more, whatever becomes of them.
CREATE FUNCTION af.stubborn(run jsonb) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
BEGIN
  FOR i IN 1 .. 2 LOOP
    BEGIN
      PERFORM af.circle(run);
    EXCEPTION WHEN OTHERS THEN
      RAISE NOTICE '%: %', sqlstate, sqlerrm;
    END;
  END LOOP;
  RETURN 0;
END $$;

SELECT set_retry_policy('af.others', price_function => 'af.free') > 0 AS set;
SELECT set_retry_policy('af.runs', price_function => 'af.chain') > 0 AS set;
SELECT decision FROM retry_run(1, run_table => 'af.runs', new_run_id => '11');
SELECT id, parent_run_id FROM af.others WHERE is_retry;
SELECT set_retry_policy('af.runs', price_function => 'af.circle') > 0 AS set;
SELECT * FROM refused($$SELECT retry_run(2, run_table => 'af.runs', new_run_id => '12')$$);
SELECT * FROM refused($$SELECT plan_retry(2, run_table => 'af.runs')$$) WHERE field IN ('sqlstate', 'message');
-- The one that is called last makes the retry; all around it find it made.
SELECT set_retry_policy('af.runs', price_function => 'af.stubborn') > 0 AS set;
SELECT * FROM refused($$SELECT retry_run(2, run_table => 'af.runs', new_run_id => '12')$$);
SELECT id, parent_run_id FROM af.runs WHERE is_retry ORDER BY id;
-- After errors as before.
SELECT set_retry_policy('af.runs', price_function => 'af.chain') > 0 AS set;
SELECT decision FROM retry_run(3, run_table => 'af.runs', new_run_id => '13');
