-- role: app
-- login: attack_owner
-- tries: the guards of one kind of table, by their own names, on another kind
-- none: bites
-- guarded: held
-- locked: held
CREATE TRIGGER retry_ledger_birth BEFORE INSERT ON log FOR EACH ROW EXECUTE FUNCTION retry_ledger.guard_birth();
INSERT INTO log VALUES (10, 'x');
DROP TRIGGER retry_ledger_birth ON log;
CREATE TRIGGER retry_ledger_born AFTER INSERT ON log FOR EACH ROW EXECUTE FUNCTION retry_ledger.guard_born();
INSERT INTO log VALUES (11, 'x');
DROP TRIGGER retry_ledger_born ON log;
CREATE TRIGGER retry_ledger_lineage AFTER UPDATE ON notes FOR EACH ROW EXECUTE FUNCTION retry_ledger.guard_lineage();
UPDATE notes SET signed_by = 'x' WHERE id = 2;
DROP TRIGGER retry_ledger_lineage ON notes;
CREATE TRIGGER retry_ledger_settle AFTER INSERT OR UPDATE ON runs FOR EACH STATEMENT EXECUTE FUNCTION retry_ledger.guard_settle();
INSERT INTO runs (id, tenant_id, status) VALUES (90, 't1', 'queued');
UPDATE runs SET status = 'failed' WHERE id = 90;
DROP TRIGGER retry_ledger_settle ON runs;
CREATE TABLE public.mine (id int, status text, leaf_hash bytea, signed_by text);
CREATE TRIGGER retry_ledger_entry BEFORE INSERT ON public.mine FOR EACH ROW EXECUTE FUNCTION retry_ledger.guard_ledger_entry();
INSERT INTO public.mine VALUES (1);
DROP TRIGGER retry_ledger_entry ON public.mine;
CREATE TRIGGER retry_ledger_entry AFTER INSERT ON public.mine FOR EACH ROW EXECUTE FUNCTION retry_ledger.guard_credit_entry();
INSERT INTO public.mine VALUES (1);
DROP TRIGGER retry_ledger_entry ON public.mine;
CREATE TRIGGER retry_ledger_change AFTER UPDATE ON public.mine FOR EACH ROW EXECUTE FUNCTION retry_ledger.guard_change();
INSERT INTO public.mine VALUES (1);
UPDATE public.mine SET status = 'x';
