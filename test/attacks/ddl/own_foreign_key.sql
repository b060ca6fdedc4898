-- role: superuser
-- tries: a foreign key to one of our own tables, whose cascade fires a trigger of his own while we act as ourselves
-- none: bites
-- guarded: not held
-- locked: held
-- errors: 42P01
-- detected: content_hash
CREATE TABLE public.child (t regclass REFERENCES retry_ledger.work_queue ON DELETE CASCADE ON UPDATE CASCADE);
CREATE FUNCTION public.deed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE retry_ledger.governed_table SET locked = false;
  RETURN OLD;
EXCEPTION WHEN OTHERS THEN RAISE WARNING '%', SQLERRM; RETURN OLD;
END $$;
CREATE TRIGGER deed BEFORE DELETE ON public.child FOR EACH ROW EXECUTE FUNCTION public.deed();
INSERT INTO public.child VALUES ('app.runs');
SELECT retry_ledger.set_work_queue('app.runs', dispatch => 'none');
\c
ALTER EVENT TRIGGER retry_ledger_ddl_end DISABLE;
ALTER TABLE app.runs DISABLE TRIGGER ALL;
UPDATE app.runs SET error = 'x' WHERE id = 2;
