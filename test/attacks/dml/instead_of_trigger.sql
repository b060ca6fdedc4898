-- role: app
-- tries: to write through a view with an INSTEAD OF trigger, as whoever made it
-- none: bites
-- guarded: held
-- locked: held
CREATE VIEW public.mine AS SELECT id, error FROM runs;
CREATE FUNCTION public.instead() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  AS 'BEGIN UPDATE app.runs SET error = NEW.error WHERE id = NEW.id; RETURN NEW; END';
CREATE TRIGGER instead INSTEAD OF UPDATE ON public.mine FOR EACH ROW EXECUTE FUNCTION public.instead();
UPDATE public.mine SET error = 'instead' WHERE id = 2;
