-- role: superuser
-- tries: to hide rows from who owned their table, and reads them by that: another owner, and the policies hold for the former one
-- none: bites
-- guarded: not held
-- locked: held
ALTER TABLE app.tenant_runs OWNER TO attack_second;
ALTER TABLE app.tenant_runs DISABLE ROW LEVEL SECURITY, OWNER TO attack_second, ENABLE ROW LEVEL SECURITY;
GRANT ALL ON app.tenant_runs TO attack_owner;
REASSIGN OWNED BY attack_owner TO attack_second;
GRANT USAGE ON SCHEMA app TO attack_owner;
GRANT ALL ON app.tenant_runs TO attack_owner;
SET ROLE attack_owner;
SELECT count(*) = 0 AS hidden FROM app.tenant_runs \gset
RESET ROLE;
SELECT 'REVOKE SELECT ON app.log FROM attack_app' WHERE :'hidden' \gexec
