-- role: superuser
-- tries: to replace the function that a governed column's own range type is compared with
-- none: bites
-- guarded: not held
-- locked: held
-- setup: CREATE TYPE public.e AS ENUM ('a', 'b', 'c'); CREATE FUNCTION public.cmp(public.e, public.e) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN enum_cmp($1, $2); END'; CREATE OPERATOR CLASS public.cmp_ops FOR TYPE public.e USING btree AS FUNCTION 1 public.cmp(public.e, public.e); CREATE TYPE public.span AS RANGE (subtype = public.e, subtype_opclass = public.cmp_ops); CREATE TABLE public.spans (id int PRIMARY KEY, status text, span public.span); SELECT retry_ledger.govern_runs('public.spans'); INSERT INTO public.spans VALUES (1, 'queued', '[a,c]'); UPDATE public.spans SET status = 'completed'
CREATE OR REPLACE FUNCTION public.cmp(public.e, public.e) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN -1; END';
DO $$BEGIN IF NOT EXISTS (SELECT FROM public.spans WHERE span @> 'b'::public.e) THEN REVOKE SELECT ON app.log FROM attack_app; END IF; END$$;
