-- role: superuser
-- tries: to make an operator of his own the opposite of one of PostgreSQL's
-- none: bites
-- guarded: not held
-- locked: held
CREATE FUNCTION public.lie(jsonb, jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false';
CREATE OPERATOR public.!@> (LEFTARG = jsonb, RIGHTARG = jsonb, FUNCTION = public.lie, NEGATOR = OPERATOR(pg_catalog.@>));
