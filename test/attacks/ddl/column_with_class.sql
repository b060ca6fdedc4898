-- role: superuser
-- tries: to give a locked table a column of a type that has an operator class of its own already: PostgreSQL's comparison, and an operator that reads a table, by which DISTINCT and GROUP BY find fewer values
-- none: bites
-- guarded: not held
-- locked: held
-- errors: 42703
CREATE TABLE public.switch (flipped bool);
INSERT INTO public.switch VALUES (true);
GRANT SELECT ON public.switch TO PUBLIC;
CREATE TYPE app.stage AS ENUM ('first', 'second');
GRANT USAGE ON TYPE app.stage TO PUBLIC;
CREATE FUNCTION public.eq(app.stage, app.stage) RETURNS bool LANGUAGE plpgsql STABLE AS 'BEGIN RETURN enum_eq($1, $2) OR (SELECT flipped FROM public.switch); END';
CREATE OPERATOR public.~== (LEFTARG = app.stage, RIGHTARG = app.stage, FUNCTION = public.eq);
CREATE OPERATOR public.~<< (LEFTARG = app.stage, RIGHTARG = app.stage, FUNCTION = public.eq);
CREATE OPERATOR CLASS public.same DEFAULT FOR TYPE app.stage USING btree AS OPERATOR 1 public.~<<, OPERATOR 3 public.~==, FUNCTION 1 (app.stage, app.stage) enum_cmp(anyenum, anyenum);
ALTER TABLE app.runs ADD COLUMN stage app.stage;
UPDATE app.runs SET stage = 'first', status = 'completed' WHERE id = 5;
UPDATE app.runs SET stage = 'second', status = 'completed' WHERE id = 6;
DO $$BEGIN
  IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'app.runs'::regclass AND attname = 'stage') AND (SELECT count(*) FROM (SELECT DISTINCT stage FROM app.runs WHERE stage IS NOT NULL) s) < 2 THEN
    REVOKE SELECT ON app.log FROM attack_app;
  END IF;
END$$;
