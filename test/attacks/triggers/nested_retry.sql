-- role: app
-- tries: a trigger that takes the decision of a call for a row of its own, with columns that the call may not choose
-- none: bites
-- guarded: held
-- locked: held
-- errors: 42501
CREATE FUNCTION public.hostile() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN IF NEW.parent_run_id = 2 AND pg_trigger_depth() = 1 THEN
    INSERT INTO app.runs (id, tenant_id, status, parent_run_id, profile) VALUES (90, 't1', 'queued', 2, 'huge');
    RETURN NULL;
  END IF; RETURN NEW; END$$;

CREATE TRIGGER aaa BEFORE INSERT ON runs FOR EACH ROW EXECUTE FUNCTION public.hostile();
SELECT retry_run(2, run_table => 'runs', new_run_id => '91');
INSERT INTO runs (id, tenant_id, status, parent_run_id, note, customer_id, profile) VALUES (92, 't1', 'queued', 2, 'x', 1, 'small');
