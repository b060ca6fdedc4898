-- role: owner
-- tries: to hide rows from conditions on a column: its type brings an operator along, which was made before the column came
-- none: bites
-- guarded: not held
-- locked: held
-- errors: 42703
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE TYPE feeling AS (mood mood);
CREATE DOMAIN temper AS feeling[];
CREATE TABLE switch (hide boolean);
INSERT INTO switch VALUES (false);
CREATE FUNCTION mood_eq(a mood, b mood) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN RETURN pg_catalog.enum_eq(a, b) AND NOT (SELECT s.hide FROM app.switch s); END $$;
CREATE OPERATOR public.= (LEFTARG = mood, RIGHTARG = mood, FUNCTION = mood_eq);
ALTER TABLE runs ADD COLUMN temper temper;
ALTER TABLE runs ADD COLUMN mood mood;
UPDATE runs SET status = 'failed', mood = 'bad', temper = '{(bad)}' WHERE id = 5;
UPDATE switch SET hide = true;
\c - postgres
SET search_path = "$user", public;
SELECT 'REVOKE SELECT ON app.log FROM attack_app' WHERE NOT EXISTS (SELECT FROM app.runs WHERE mood = 'bad') \gexec
SELECT 'REVOKE SELECT ON app.log FROM attack_app' WHERE NOT EXISTS (SELECT FROM app.runs WHERE (temper[1]).mood = 'bad') \gexec
