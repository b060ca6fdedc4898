-- role: app
-- login: attack_tenant
-- tries: to crash the server: the guard of ledger entries on tables of its own, whose leaf_hash is an integer
-- none: harmless
-- guarded: held
-- locked: held
CREATE TEMPORARY TABLE mine (leaf_hash int8);
CREATE TRIGGER retry_ledger_entry BEFORE INSERT ON mine FOR EACH ROW EXECUTE FUNCTION retry_ledger.guard_ledger_entry();
INSERT INTO mine VALUES (1);
CREATE TABLE public.ours (leaf_hash int8);
CREATE TRIGGER retry_ledger_entry BEFORE INSERT ON public.ours FOR EACH ROW EXECUTE FUNCTION retry_ledger.guard_ledger_entry();
INSERT INTO public.ours VALUES (1);
