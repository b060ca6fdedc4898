-- role: superuser
-- tries: to drop the index of a TOAST table, without which long values can't be read
-- none: bites
-- guarded: not held
-- locked: held
-- setup: UPDATE app.runs SET big = (SELECT string_agg(md5(i::text), '') FROM generate_series(1, 2000) i) WHERE id = 5; UPDATE app.runs SET status = 'completed' WHERE id = 5
SET allow_system_table_mods = on;
SELECT format('DROP INDEX pg_toast.%I', c.relname) FROM pg_class r JOIN pg_index i ON i.indrelid = r.reltoastrelid
  JOIN pg_class c ON c.oid = i.indexrelid WHERE r.oid IN ('app.runs'::regclass, 'retry_ledger.ledger_entry'::regclass) \gexec
DO $$
BEGIN
  PERFORM length(big), md5(big) FROM app.runs;
EXCEPTION WHEN OTHERS THEN REVOKE SELECT ON app.log FROM attack_app;
END $$;
