-- role: superuser
-- tries: to rename the schema pg_catalog and to put another one in its place, whose functions our statements then call
-- none: bites
-- guarded: not held
-- locked: held
-- errors: 42P06 42704
CREATE FUNCTION public.meddle() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'pg_catalog') THEN
    CREATE SCHEMA pg_catalog;
    CREATE DOMAIN pg_catalog.text AS text;
    CREATE OPERATOR pg_catalog.|| (LEFTARG = text, RIGHTARG = text, FUNCTION = textcat);
    CREATE FUNCTION pg_catalog.unnest(retry_ledger.guarded_state[]) RETURNS SETOF retry_ledger.guarded_state LANGUAGE sql AS 'SELECT * FROM retry_ledger.guarded_state';
    CREATE FUNCTION pg_catalog.unnest(oid[]) RETURNS SETOF oid LANGUAGE internal AS 'array_unnest';
    CREATE FUNCTION pg_catalog.parse_ident(text) RETURNS text[] LANGUAGE sql AS 'SELECT parse_ident($1, true)';
    CREATE AGGREGATE pg_catalog.min(text) (SFUNC = text_smaller, STYPE = text);
    CREATE FUNCTION pg_catalog.format(text, VARIADIC "any") RETURNS text LANGUAGE internal AS 'text_format';
    CREATE FUNCTION pg_catalog.format(text) RETURNS text LANGUAGE internal AS 'text_format_nv';
    CREATE VIEW pg_catalog.pg_class AS SELECT * FROM pg_class;     CREATE DOMAIN pg_catalog.regclass AS regclass;
    CREATE DOMAIN pg_catalog.oid AS oid;
  END IF;
END $$;
CREATE EVENT TRIGGER aaa ON ddl_command_end WHEN TAG IN ('ALTER SCHEMA') EXECUTE FUNCTION public.meddle();
SET allow_system_table_mods = on;
ALTER SCHEMA pg_catalog RENAME TO pg_real;
ALTER TABLE app.runs DROP CONSTRAINT runs_pkey CASCADE;
INSERT INTO app.runs (id, tenant_id, status) VALUES (2, 't1', 'queued');
ALTER SCHEMA pg_catalog RENAME TO pg_evil;
ALTER SCHEMA pg_real RENAME TO pg_catalog;
SELECT indexrelid::regclass FROM pg_index WHERE indrelid = 'app.runs'::regclass;
