-- role: app
-- tries: settings that look as if they switched something off
-- none: bites
-- guarded: held
-- locked: held
-- errors: 42602
SET retry_ledger.actor = 'admin';
SET retry_ledger.enabled = off;
SET retry_ledger.bypass = on;
SET LOCAL retry_ledger.governing = on;
SET "response.status" = '200';
SET transform_null_equals = on;
SET standard_conforming_strings = off;
SET array_nulls = off;
SET row_security = off;
SET synchronous_commit = off;
SET constraint_exclusion = on;
SET check_function_bodies = off;
UPDATE runs SET error = E'\\' WHERE id = 2;
UPDATE runs SET status = NULL WHERE status = NULL;
DELETE FROM runs WHERE id = 7;
INSERT INTO runs (id, tenant_id, status) VALUES (90, 't1', 'completed');
