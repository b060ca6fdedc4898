-- role: owner
-- tries: an index whose expression acts as whoever writes the row
-- none: bites
-- guarded: held
-- locked: held
CREATE FUNCTION public.shown(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN UPDATE app.runs SET error = 'x' WHERE id = 2; RETURN $1; EXCEPTION WHEN OTHERS THEN RETURN $1; END $$;
CREATE INDEX ON log (public.shown(what));
CREATE INDEX ON runs (public.shown(status));
INSERT INTO log VALUES (9, 'x');
UPDATE runs SET status = 'failed' WHERE id = 6;
