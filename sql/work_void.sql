-- dispatch_failed: what was never handed out is void, and its original free again.
CREATE TABLE wv_runs (
  id bigint PRIMARY KEY, tenant_id text, status text NOT NULL DEFAULT 'queued'
    CHECK (status IN ('queued', 'running', 'completed', 'failed', 'cancelled')), error text);
SELECT count(*) > 0 AS adopted FROM govern_runs('wv_runs', void_status => 'failed');
INSERT INTO wv_runs (id, tenant_id) VALUES (1, 'a'), (2, 'a');
UPDATE wv_runs SET status = 'failed', error = 'HTTP 503' WHERE id < 3;
CREATE VIEW wv_rows AS SELECT id, status, error, attempt, parent_run_id FROM wv_runs ORDER BY id;

-- Without a queue: a dispatcher of the application's own.
SELECT retry_run_id FROM retry_run(1, run_table => 'wv_runs', new_run_id => '11');
SELECT run_id, original_run_id, status, voided_at IS NOT NULL AS voided, refund, code, detail
  FROM dispatch_failed(11, run_table => 'wv_runs', error => 'broker is down') \gx
SELECT * FROM wv_rows;
SELECT action, run_key, attempt, reason_code, prior_status, failure_class, evidence FROM ledger_entry
  WHERE run_table = 'public.wv_runs' AND action = 'voided';
-- Once more: the same.
SELECT voided_at = (SELECT voided_at FROM retry WHERE retry_key = '11' AND run_table = 'public.wv_runs') AS same, refund
  FROM dispatch_failed('11', run_table => 'wv_runs');
-- What it ended with then, whatever void retries end with by now.
BEGIN;
SELECT decision FROM govern_runs('wv_runs', void_status => 'cancelled') WHERE item = 'void_status';
SELECT status FROM dispatch_failed(11, run_table => 'wv_runs');
ROLLBACK;
-- The original may be retried again, as the same attempt; the void retry can't be retried itself.
SELECT * FROM refused($$SELECT retry_run(11, run_table => 'wv_runs', new_run_id => '111')$$);
SELECT retry_run_id, attempt FROM retry_run(1, run_table => 'wv_runs', new_run_id => '12');
SELECT retry_run_id, attempt, voided_at IS NOT NULL AS void FROM retry_history WHERE run_table = 'public.wv_runs' ORDER BY 1;

-- What was started can't be void, nor what ended, nor what is no retry.
UPDATE wv_runs SET status = 'running' WHERE id = 12;
SELECT * FROM refused($$SELECT dispatch_failed(12, run_table => 'wv_runs')$$);
UPDATE wv_runs SET status = 'cancelled' WHERE id = 12;
SELECT * FROM refused($$SELECT dispatch_failed(12, run_table => 'wv_runs')$$);
-- Nor what was started and put back, as often as it stands where it was born.
BEGIN;
INSERT INTO wv_runs (id, tenant_id) VALUES (9, 'b');
UPDATE wv_runs SET status = 'failed' WHERE id = 9;
SELECT retry_run_id FROM retry_run(9, run_table => 'wv_runs', new_run_id => '91');
UPDATE wv_runs SET status = 'running' WHERE id = 91;
UPDATE wv_runs SET status = 'queued' WHERE id = 91;
SELECT action, prior_status, reason_code FROM ledger_entry WHERE run_table = 'public.wv_runs' AND run_key = '91' ORDER BY entry_id;
SELECT * FROM refused($$SELECT dispatch_failed(91, run_table => 'wv_runs')$$);
ROLLBACK;
INSERT INTO wv_runs (id, tenant_id) VALUES (3, 'b');
SELECT * FROM refused($$SELECT dispatch_failed(3, run_table => 'wv_runs')$$);
SELECT * FROM refused($$SELECT dispatch_failed(99, run_table => 'wv_runs')$$);
SELECT * FROM refused($$SELECT dispatch_failed(3, run_table => 'wv_runs', tenant => 'a')$$);
SELECT * FROM refused($$SELECT dispatch_failed(3, '', 'wv_runs')$$);
SELECT * FROM refused($$SELECT dispatch_failed(NULL, run_table => 'wv_runs')$$);
SELECT run_id, status, refund, code FROM dispatch_failed(3, run_table => 'wv_runs', on_refusal => 'record');
SELECT current_setting('response.status', true) AS http_status;

-- With a queue: its work is void, unless somebody has claimed it.
SELECT set_work_queue('wv_runs', 'voids');
SELECT dispatch_id FROM retry_run(2, run_table => 'wv_runs', new_run_id => '21');
BEGIN;
SELECT run_id, code FROM dispatch_failed(21, run_table => 'wv_runs', on_refusal => 'record');
SELECT current_setting('response.status', true) AS http_status;
COMMIT;
SELECT job_id, state, final_status FROM work_item WHERE queue = 'voids';
SELECT count(*) FROM claim_work('voids', 'w');
SELECT dispatch_id FROM retry_run(2, run_table => 'wv_runs', new_run_id => '22');
SELECT job_id, attempt FROM claim_work('voids', 'w');
SELECT * FROM refused($$SELECT dispatch_failed(22, run_table => 'wv_runs')$$);
SELECT finish_work('22', 1, 'completed', run_table => 'wv_runs');

-- Only for those who were granted it.
CREATE ROLE wv_app;
GRANT USAGE ON SCHEMA retry_ledger TO wv_app; GRANT SELECT, INSERT, UPDATE ON wv_runs TO wv_app;
SET ROLE wv_app;
SELECT * FROM refused($$SELECT dispatch_failed(21, run_table => 'wv_runs')$$);
SELECT * FROM refused($$SELECT claim_work('voids', 'w')$$);
SELECT * FROM refused($$SELECT finish_work('22', 1, 'failed')$$);
SELECT * FROM refused($$SELECT finish_work_batch('[]')$$);
SELECT * FROM refused($$SELECT extend_lease('22', 1)$$);
SELECT * FROM refused($$SELECT expire_leases()$$);
SELECT * FROM refused($$SELECT set_work_queue('wv_runs', 'mine')$$);
SELECT * FROM refused($$SELECT * FROM work_item$$);
RESET ROLE;

-- What a void retry was charged is given back; if that fails the void stands, and another call tries again.
CREATE TABLE wv_paid (
  id bigint PRIMARY KEY, tenant_id text, status text NOT NULL DEFAULT 'queued'
    CHECK (status IN ('queued', 'running', 'completed', 'failed')), error text);
SELECT count(*) > 0 AS adopted FROM govern_runs('wv_paid');
SELECT set_retry_policy('wv_paid', price => 3) > 0 AS priced;
SELECT grant_credits('wv tenant', 5, 'purchased') IS NOT NULL AS granted;
INSERT INTO wv_paid (id, tenant_id) VALUES (1, 'wv tenant'), (2, 'wv tenant');
UPDATE wv_paid SET status = 'failed' WHERE id < 3;
SELECT retry_run_id FROM retry_run(1, run_table => 'wv_paid', new_run_id => '11');
SELECT total FROM credit_balance WHERE tenant = 'wv tenant';
SELECT refund FROM dispatch_failed(11, run_table => 'wv_paid', error => 'no broker');
SELECT total FROM credit_balance WHERE tenant = 'wv tenant';
SELECT refund FROM dispatch_failed(11, run_table => 'wv_paid', error => 'no broker');
SELECT total FROM credit_balance WHERE tenant = 'wv tenant';
SELECT retry_run_id, attempt FROM retry_run(1, run_table => 'wv_paid', new_run_id => '12');
-- A trigger that keeps its row alive keeps it from being void.
CREATE FUNCTION wv_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.status := OLD.status; RETURN NEW; END $$;
CREATE TRIGGER keep BEFORE UPDATE ON wv_paid FOR EACH ROW EXECUTE FUNCTION wv_keep();
SELECT * FROM refused($$SELECT dispatch_failed(12, run_table => 'wv_paid')$$);
DROP TRIGGER keep ON wv_paid;

CREATE TABLE wv_bill (what text);
CREATE FUNCTION wv_charge(ask jsonb) RETURNS void LANGUAGE sql AS $$ INSERT INTO public.wv_bill VALUES ('charge') $$;
CREATE FUNCTION wv_refund(ask jsonb) RETURNS void LANGUAGE plpgsql AS $$
  BEGIN IF NOT EXISTS (SELECT FROM public.wv_bill WHERE what = 'open') THEN RAISE EXCEPTION 'the bank is closed'; END IF;
    INSERT INTO public.wv_bill VALUES ('refund'); END $$;
SELECT set_retry_policy('wv_paid', charge_function => 'wv_charge', refund_function => 'wv_refund') > 0 AS billed;
SELECT retry_run_id FROM retry_run(2, run_table => 'wv_paid', new_run_id => '21');
SELECT status, refund, code, detail ->> 'message' AS message, detail -> 'detail' ->> 'refund_error' AS refund_error
  FROM dispatch_failed(21, run_table => 'wv_paid', error => 'no broker');
SELECT action, evidence -> 'error' AS error, reason_code, evidence -> 'message' AS message FROM ledger_entry
  WHERE run_table = 'public.wv_paid' AND run_key = '21' AND action IN ('voided', 'refund_failed') ORDER BY action;
SELECT status FROM wv_paid WHERE id = 21;
INSERT INTO wv_bill VALUES ('open');
SELECT refund FROM dispatch_failed(21, run_table => 'wv_paid', error => 'no broker');
SELECT what, count(*) FROM wv_bill GROUP BY 1 ORDER BY 1;
