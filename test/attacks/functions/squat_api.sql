-- role: app
-- tries: to have an administrator's API made of functions of its own: the schema is there, with the mark
-- none: harmless
-- guarded: held
-- locked: held
-- setup: DO $$BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO attack_app', current_database()); END$$
CREATE SCHEMA api;
GRANT USAGE ON SCHEMA api TO PUBLIC;
COMMENT ON SCHEMA api IS 'retry_ledger API: thin functions with jsonb answers';
CREATE FUNCTION api.state_machine_dot(run_table text) RETURNS jsonb LANGUAGE sql AS 'SELECT NULL::jsonb';
COMMENT ON FUNCTION api.state_machine_dot IS 'retry_ledger API: see the function of that name';
\c - postgres
SELECT * FROM retry_ledger.create_api_schema('api');
\set refused :ERROR
\c - attack_app
CREATE OR REPLACE FUNCTION api.state_machine_dot(run_table text) RETURNS jsonb LANGUAGE sql AS $$
  REVOKE ALL ON app.log FROM attack_app;
  SELECT NULL::jsonb $$;
\c - postgres
\if :refused
\else
SELECT api.state_machine_dot('app.runs');
\endif
