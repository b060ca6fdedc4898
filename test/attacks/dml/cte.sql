-- role: app
-- tries: data-modifying WITH, several changes of one row in a statement
-- none: bites
-- guarded: held
-- locked: held
WITH u AS (UPDATE runs SET error = 'in a CTE' WHERE id = 2 RETURNING *) SELECT count(*) FROM u;
WITH d AS (DELETE FROM runs WHERE id = 7 RETURNING *) INSERT INTO runs (id, status, error) SELECT 1007, 'queued', error FROM d;
WITH e AS (UPDATE runs SET status = 'failed' WHERE id = 5 RETURNING id) UPDATE runs SET error = 'late' FROM e WHERE runs.id = 2;
