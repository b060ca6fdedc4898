-- role: superuser
-- tries: a compare function in an operator family of PostgreSQL's own, by which an index finds nothing
-- none: bites
-- guarded: not held
-- locked: held
CREATE FUNCTION public.never(text, text) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN 1; END';
ALTER OPERATOR FAMILY pg_catalog.array_ops USING gin ADD FUNCTION 1 (anyarray, anyarray) public.never(text, text);
