-- role: owner
-- tries: to have queries that mean whole rows by their table's name find a column instead, which is empty
-- none: bites
-- guarded: not held
-- locked: held
ALTER TABLE runs ADD COLUMN runs text;
\c - postgres
SELECT 'REVOKE SELECT ON app.log FROM attack_app' FROM app.runs HAVING count(runs) = 0 \gexec
