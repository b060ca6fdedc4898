-- role: owner
-- tries: to change stored values by a rewrite: USING, another type, a volatile default
-- none: bites
-- guarded: held
-- locked: held
-- errors: 42P16
ALTER TABLE runs ALTER COLUMN note TYPE varchar(30) USING upper(note);
ALTER TABLE runs ALTER COLUMN amount TYPE numeric(10,3);
ALTER TABLE runs ALTER COLUMN error TYPE text USING 'x';
ALTER TABLE log ALTER COLUMN what TYPE text USING 'x';
ALTER TABLE notes ALTER COLUMN note TYPE bytea USING NULL;
ALTER TABLE day_runs_1 ALTER COLUMN note TYPE text USING 'x';
