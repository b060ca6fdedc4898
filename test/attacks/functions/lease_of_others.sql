-- role: app
-- login: attack_tenant
-- tries: to keep another worker's lost lease from running out, with too few rights to report the end of its run
-- none: harmless
-- guarded: held
-- locked: held
-- setup: GRANT EXECUTE ON FUNCTION extend_lease TO attack_tenant; SELECT claim_work('work', 'w1', 10);
CREATE FUNCTION public.hold(rights text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  BEGIN
    PERFORM retry_ledger.extend_lease('103', 1, '366 days');
  EXCEPTION WHEN OTHERS THEN
    RAISE NOTICE '%', SQLERRM;
    RETURN;
  END;
  RAISE SQLSTATE '22P99' USING MESSAGE = rights;
END $$;
SELECT public.hold('none');
\c - attack_owner
GRANT SELECT, UPDATE (note) ON runs TO attack_tenant;
\c - attack_tenant
SELECT public.hold('no UPDATE of the status');
\c - attack_owner
REVOKE ALL ON runs FROM attack_tenant;
GRANT UPDATE ON runs TO attack_tenant;
\c - attack_tenant
SELECT public.hold('no SELECT');
