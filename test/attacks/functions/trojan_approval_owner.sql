-- role: owner
-- tries: the same of the table's owner, in a session of another role that may act as the owner
-- login: attack_second
-- none: bites
-- guarded: held
-- locked: held
CREATE FUNCTION public.help() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM retry_ledger.approve_release('app.log');
  RETURN NEW;
EXCEPTION WHEN OTHERS THEN RAISE WARNING '%', SQLERRM; RETURN NEW;
END $$;
CREATE TABLE public.bell (a int);
GRANT ALL ON public.bell TO attack_owner;
CREATE TRIGGER help AFTER INSERT ON public.bell FOR EACH ROW EXECUTE FUNCTION public.help();
SELECT retry_ledger.release_governance('app.log', 'mine');
\c - attack_owner
INSERT INTO public.bell VALUES (1);
\c - attack_second
UPDATE app.log SET what = 'x';
