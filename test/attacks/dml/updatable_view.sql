-- role: app
-- tries: to write through an updatable view, of its own columns and with other names
-- none: bites
-- guarded: held
-- locked: held
CREATE VIEW public.mine AS SELECT id AS number, status AS state, error AS message FROM runs;
UPDATE public.mine SET message = 'by view' WHERE number = 2;
UPDATE public.mine SET number = 1005 WHERE number = 5;
DELETE FROM public.mine WHERE number = 2;
INSERT INTO public.mine VALUES (99, 'completed', 'by view');
