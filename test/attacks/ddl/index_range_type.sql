-- role: superuser
-- tries: a partial index whose predicate rests on a range type by an order of his own
-- none: bites
-- guarded: not held
-- locked: held
-- errors: 42704
CREATE FUNCTION public.lie(text, text) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN CASE WHEN $1 = 'x' OR $2 = 'x' THEN 1 ELSE bttextcmp($1, $2) END; END $$;
CREATE OPERATOR CLASS public.lie FOR TYPE text USING btree AS
  OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 public.lie(text, text);
CREATE TYPE public.lierange AS RANGE (subtype = text, subtype_opclass = public.lie);
CREATE INDEX ON app.tenant_runs (status) WHERE '[a,z]'::public.lierange @> 'x'::text;
CREATE INDEX ON app.runs (status) WHERE '[a,z]'::public.lierange @> 'x'::text;
CREATE OR REPLACE FUNCTION public.lie(text, text) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN bttextcmp($1, $2); END $$;
SELECT format('ALTER DATABASE %I SET enable_seqscan = off', current_database()) \gexec
\c
SELECT id FROM app.tenant_runs WHERE status = 'failed';
