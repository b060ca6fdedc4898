-- role: owner
-- tries: row level security that hides rows
-- none: bites
-- guarded: held
-- locked: held
ALTER TABLE runs ENABLE ROW LEVEL SECURITY;
ALTER TABLE runs FORCE ROW LEVEL SECURITY;
CREATE POLICY none ON log USING (false);
ALTER TABLE log ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenant_runs FORCE ROW LEVEL SECURITY;
ALTER POLICY by_tenant ON tenant_runs USING (false);
DROP POLICY by_tenant ON tenant_runs;
