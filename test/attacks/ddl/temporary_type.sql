-- role: owner
-- tries: a column that goes with the session, because its type or its collation is a temporary one
-- none: bites
-- guarded: held
-- locked: held
CREATE TEMPORARY TABLE passing (a text);
CREATE DOMAIN app.also_passing AS passing[];
CREATE COLLATION pg_temp.mine (LOCALE = 'C');
ALTER TABLE app.runs ADD COLUMN extra passing;
ALTER TABLE app.flows ADD COLUMN extra app.also_passing;
ALTER TABLE app.log ADD COLUMN extra text COLLATE pg_temp.mine;
ALTER TABLE app.tenant_runs ADD COLUMN extra text;
