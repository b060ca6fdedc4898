-- role: superuser
-- tries: to take the operators of a governed column's type, which an extension has brought, out of the reader's way: citext is compared as text then
-- none: bites
-- guarded: not held
-- locked: held
-- setup: CREATE EXTENSION citext SCHEMA public; ALTER TABLE app.runs ADD COLUMN mail public.citext DEFAULT 'Me@x'
REVOKE USAGE ON SCHEMA public FROM PUBLIC;
\c - attack_app
SELECT count(*) = 0 AS hidden FROM app.runs WHERE mail = 'me@x' \gset
\c - postgres
GRANT USAGE ON SCHEMA public TO PUBLIC;
\if :hidden
  REVOKE SELECT ON app.log FROM attack_app;
\endif
-- By the schema's name, and back.
ALTER SCHEMA public RENAME TO other;
\c - attack_app
SELECT count(*) = 0 AS hidden FROM app.runs WHERE mail = 'me@x' \gset
\c - postgres
ALTER SCHEMA other RENAME TO public;
\if :hidden
  REVOKE SELECT ON app.log FROM attack_app;
\endif
