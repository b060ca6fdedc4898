-- role: app
-- tries: a retry of files is void, by a trigger, before it is charged
-- none: harmless
-- guarded: held
-- locked: held
-- setup: SELECT retry_ledger.set_retry_policy('app.flows', price => 1); SELECT retry_ledger.grant_credits(NULL, 20, 'purchased')
CREATE FUNCTION public.hostile() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM retry_ledger.dispatch_failed('1001', run_table => 'app.flows'); RETURN NULL; END $$;
CREATE TRIGGER zzz AFTER INSERT ON flow_files FOR EACH STATEMENT EXECUTE FUNCTION public.hostile();
SELECT retry_ledger.retry_failed_files('1', run_table => 'app.flows', new_run_id => '1001');
