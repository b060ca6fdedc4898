-- role: owner
-- tries: to change types where PostgreSQL rewrites nothing
-- none: harmless
-- guarded: held
-- locked: held
ALTER TABLE runs ALTER COLUMN error TYPE varchar;
ALTER TABLE runs ALTER COLUMN note TYPE text;
ALTER TABLE runs ALTER COLUMN score TYPE float8 USING score;
ALTER TABLE runs ALTER COLUMN blob TYPE int USING blob::int;
