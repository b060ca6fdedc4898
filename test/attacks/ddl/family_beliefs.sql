-- role: superuser
-- tries: an operator family of built-in operators by wrong numbers: the planner takes LIKE for an order, and proves by a CHECK that no row passes
-- none: bites
-- guarded: not held
-- locked: held
CREATE OPERATOR CLASS public.lie FOR TYPE text USING btree AS OPERATOR 1 ~~ (text, text), OPERATOR 3 = (text, text), OPERATOR 4 <> (text, text),
  FUNCTION 1 bttextcmp(text, text);
CREATE TYPE public.e AS ENUM ('x');
CREATE OPERATOR CLASS public.lie_too FOR TYPE public.e USING btree AS OPERATOR 1 ~~ (text, text), OPERATOR 3 = (text, text), OPERATOR 4 <> (text, text);
ALTER DATABASE :"DBNAME" SET constraint_exclusion = on;
\c
DO $$BEGIN IF NOT EXISTS (SELECT FROM app.flows WHERE status LIKE 'completed%') THEN REVOKE SELECT ON app.log FROM attack_app; END IF; END$$;
