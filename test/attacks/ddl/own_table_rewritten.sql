-- role: superuser
-- tries: to rewrite our own tables by names that mean others when the command begins: an event trigger drops these
-- none: bites
-- guarded: held
-- locked: held
CREATE FUNCTION public.vanish() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
  SET search_path = public, retry_ledger;
  IF to_regclass('public.credit_entry') IS NOT NULL THEN DROP TABLE IF EXISTS public.credit_entry; END IF;
  IF to_regclass('public.ledger_entry') IS NOT NULL THEN DROP TABLE IF EXISTS public.ledger_entry; END IF;
END $$;
CREATE EVENT TRIGGER aaa ON ddl_command_start WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION public.vanish();
SET search_path = public, retry_ledger;
CREATE TABLE public.credit_entry (reason text, actor text);
ALTER TABLE credit_entry ALTER COLUMN actor TYPE text USING 'nobody';
CREATE TABLE public.ledger_entry (reason_code text);
ALTER TABLE ledger_entry ALTER COLUMN reason_code TYPE text USING 'forged';
SET search_path = public;
ALTER TABLE IF EXISTS ledger_entry ALTER COLUMN leaf_hash TYPE bytea USING '\x00';
