-- role: app
-- tries: to write by rules of a view
-- none: bites
-- guarded: held
-- locked: held
CREATE VIEW public.mine AS SELECT id, error FROM runs;
CREATE RULE change AS ON UPDATE TO public.mine DO INSTEAD UPDATE app.runs SET error = NEW.error WHERE id = NEW.id;
CREATE RULE remove AS ON DELETE TO public.mine DO INSTEAD DELETE FROM app.runs WHERE id = OLD.id;
UPDATE public.mine SET error = 'by rule' WHERE id = 2;
DELETE FROM public.mine WHERE id = 7;
