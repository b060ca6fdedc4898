-- role: superuser
-- tries: a type, and a collation, that come to pg_catalog with the names of others, by which conditions find nothing
-- none: bites
-- guarded: not held
-- locked: held
-- setup: CREATE EXTENSION citext SCHEMA public; SET ROLE attack_owner; CREATE COLLATION app.ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false); CREATE TABLE app.named (id bigint PRIMARY KEY, name public.citext, status text NOT NULL DEFAULT 'queued'); SELECT count(*) FROM retry_ledger.govern_runs('app.named'); INSERT INTO app.named VALUES (1, 'abc'); UPDATE app.named SET status = 'completed'
CREATE DOMAIN pg_catalog.citext AS text;
CREATE COLLATION pg_catalog.ci (provider = libc, locale = 'C');
\c
DO $$BEGIN IF NOT EXISTS (SELECT FROM app.named WHERE name = 'ABC'::citext) OR NOT EXISTS (SELECT FROM app.named WHERE name::text = 'ABC' COLLATE ci) THEN
  REVOKE SELECT ON app.log FROM attack_app; END IF; END$$;
