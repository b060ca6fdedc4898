-- role: owner
-- from: 18
-- tries: to have a column called NOT NULL that has NULLs: partitions have the constraint, not valid, and PostgreSQL merges it into that of their parent
-- none: bites
-- guarded: held
-- locked: held
ALTER TABLE day_runs_1 ADD CONSTRAINT a NOT NULL error NOT VALID;
ALTER TABLE day_runs_2 ADD CONSTRAINT a NOT NULL error NOT VALID;
ALTER TABLE day_runs ALTER error SET NOT NULL;
\c - postgres
SELECT 'REVOKE SELECT ON app.log FROM attack_app' WHERE NOT EXISTS (SELECT FROM app.day_runs WHERE error IS NULL) \gexec
