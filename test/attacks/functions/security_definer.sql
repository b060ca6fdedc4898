-- role: app
-- tries: to call functions that are other roles' from functions that are its own
-- none: bites
-- guarded: held
-- locked: held
CREATE FUNCTION public.act() RETURNS void LANGUAGE sql SECURITY DEFINER AS $$
  UPDATE app.runs SET error = 'x' WHERE id = 2; DELETE FROM app.log; $$;
SELECT public.act();
CREATE FUNCTION public.grant_me() RETURNS uuid LANGUAGE sql AS $$SELECT retry_ledger.grant_credits('t1', 100, 'purchased')$$;
SELECT public.grant_me();
SELECT retry_ledger.refund_credits('103', 'app.runs', 'x');
