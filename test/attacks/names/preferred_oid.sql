-- role: owner
-- tries: to have numbers compared by an operator of oid, arrays by one of any element and text, which every integer, and every literal, is taken for
-- none: bites
-- guarded: not held
-- locked: held
CREATE FUNCTION number_eq(a numeric, b oid) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false';
CREATE OPERATOR public.= (LEFTARG = numeric, RIGHTARG = oid, FUNCTION = number_eq);
CREATE FUNCTION eq_number(a oid, b numeric) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false';
CREATE OPERATOR public.= (LEFTARG = oid, RIGHTARG = numeric, FUNCTION = eq_number);
CREATE FUNCTION contains(a anyelement, b text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false';
CREATE OPERATOR public.@> (LEFTARG = anyelement, RIGHTARG = text, FUNCTION = contains);
CREATE FUNCTION even(a int8, b float8) RETURNS int8 LANGUAGE sql IMMUTABLE AS 'SELECT 0::int8';
CREATE OPERATOR public.% (LEFTARG = int8, RIGHTARG = float8, FUNCTION = even);
\c - postgres
SET search_path = "$user", public;
SELECT 'REVOKE SELECT ON app.log FROM attack_app' WHERE NOT EXISTS (SELECT FROM app.runs WHERE amount = 1)
  OR NOT EXISTS (SELECT FROM app.runs WHERE 1 = amount)
  OR NOT EXISTS (SELECT FROM app.runs WHERE id % 2 = 1) OR NOT EXISTS (SELECT FROM app.runs WHERE ARRAY[id] @> '{1}') \gexec
