-- role: superuser
-- tries: to hide rows by a CHECK whose function says something else later: the planner believes it
-- none: bites
-- guarded: not held
-- locked: held
CREATE FUNCTION public.shown() RETURNS text[] LANGUAGE sql IMMUTABLE AS $$ SELECT '{queued,running,completed,failed}'::text[] $$;
ALTER TABLE app.runs ADD CONSTRAINT mine CHECK (status = ANY (public.shown()));
CREATE OR REPLACE FUNCTION public.shown() RETURNS text[] LANGUAGE sql IMMUTABLE AS $$ SELECT '{queued}'::text[] $$;
SELECT format('ALTER DATABASE %I SET constraint_exclusion = on', current_database()) \gexec
