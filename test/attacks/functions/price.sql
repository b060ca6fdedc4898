-- role: owner
-- tries: a price function that wants to be somebody else, writes, and retries the same run
-- none: bites
-- guarded: held
-- locked: held
CREATE FUNCTION app.act() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('attack.acts', true) = 'yes' THEN RETURN; END IF;
  PERFORM set_config('attack.acts', 'yes', false);
  BEGIN UPDATE retry_ledger.governed_table SET ended_statuses = '{}'; EXCEPTION WHEN OTHERS THEN NULL; END;
  BEGIN UPDATE app.runs SET error = 'x' WHERE id = 2; EXCEPTION WHEN OTHERS THEN NULL; END;
  BEGIN INSERT INTO app.runs (id, tenant_id, status) VALUES (900, 't1', 'completed'); EXCEPTION WHEN OTHERS THEN NULL; END;
  BEGIN INSERT INTO app.runs (id, tenant_id, status, parent_run_id) VALUES (901, 't1', 'queued', 2); EXCEPTION WHEN OTHERS THEN NULL; END;
  BEGIN PERFORM retry_ledger.retry_run(7, run_table => 'app.runs', new_run_id => '902'); EXCEPTION WHEN OTHERS THEN NULL; END;
  BEGIN ALTER TABLE app.log DISABLE TRIGGER USER; EXCEPTION WHEN OTHERS THEN NULL; END;
  PERFORM set_config('attack.acts', 'no', false);
END $$;
CREATE FUNCTION app.price(jsonb) RETURNS bigint LANGUAGE plpgsql STABLE AS $$BEGIN BEGIN SET ROLE postgres; EXCEPTION WHEN OTHERS THEN NULL; END; BEGIN PERFORM set_config('session_authorization', 'postgres', false); EXCEPTION WHEN OTHERS THEN NULL; END; BEGIN PERFORM app.act(); EXCEPTION WHEN OTHERS THEN NULL; END; RETURN 1; END$$;
SELECT set_retry_policy('runs', clear => '{price}', price_function => 'app.price(jsonb)');
SELECT retry_run(2, run_table => 'runs', new_run_id => '90');
INSERT INTO runs (id, tenant_id, status) VALUES (91, 't1', 'queued');
UPDATE runs SET status = 'failed' WHERE id = 91;
INSERT INTO runs (id, tenant_id, status, parent_run_id) VALUES (92, 't1', 'queued', 91);
SELECT count(*) FROM plan_retry(7, run_table => 'runs');
UPDATE log SET what = 'x';
