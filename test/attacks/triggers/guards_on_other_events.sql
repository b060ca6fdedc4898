-- role: app
-- login: attack_owner
-- tries: guards as triggers for events that they are not made for, on tables of the attacker's
-- none: harmless
-- guarded: held
-- locked: held
-- errors: 42710
CREATE TABLE public.mine (id int, leaf_hash bytea);
CREATE TRIGGER a AFTER INSERT ON public.mine FOR EACH ROW EXECUTE FUNCTION retry_ledger.guard_write_once('id');
INSERT INTO public.mine VALUES (1);
DROP TRIGGER a ON public.mine;
CREATE TRIGGER a BEFORE INSERT ON public.mine FOR EACH STATEMENT EXECUTE FUNCTION retry_ledger.guard_ledger_entry();
INSERT INTO public.mine VALUES (1);
DROP TRIGGER a ON public.mine;
CREATE TRIGGER a AFTER INSERT ON public.mine FOR EACH STATEMENT EXECUTE FUNCTION retry_ledger.guard_credit_entry();
INSERT INTO public.mine VALUES (1);
CREATE TRIGGER a AFTER INSERT ON app.runs FOR EACH ROW EXECUTE FUNCTION retry_ledger.guard_change();
INSERT INTO app.runs (id, tenant_id, status) VALUES (90, 't1', 'queued');
DROP TRIGGER a ON app.runs;
CREATE TRIGGER a BEFORE DELETE ON app.runs FOR EACH STATEMENT EXECUTE FUNCTION retry_ledger.guard_remove();
DELETE FROM app.runs WHERE false;
DROP TRIGGER a ON app.runs;
CREATE TRIGGER a BEFORE INSERT ON app.runs FOR EACH STATEMENT EXECUTE FUNCTION retry_ledger.guard_birth();
INSERT INTO app.runs (id, tenant_id, status) VALUES (91, 't1', 'queued');
DROP TRIGGER a ON app.runs;
CREATE TRIGGER a AFTER DELETE ON app.log FOR EACH STATEMENT EXECUTE FUNCTION retry_ledger.guard_settle();
DELETE FROM app.log WHERE false;
