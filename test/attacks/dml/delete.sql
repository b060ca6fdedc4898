-- role: app
-- tries: to delete rows of every kind, ended or not
-- none: bites
-- guarded: held
-- locked: held
DELETE FROM runs WHERE id = 2;
DELETE FROM runs WHERE id = 6;
DELETE FROM runs;
DELETE FROM ONLY day_runs_1;
DELETE FROM day_runs;
DELETE FROM flow_files;
DELETE FROM log;
DELETE FROM notes;
DELETE FROM day_runs_2a RETURNING *;
DELETE FROM runs r USING customers c WHERE c.id = r.customer_id;
