-- role: owner
-- tries: columns that are added with values, changed, and dropped
-- none: harmless
-- guarded: held
-- locked: held
ALTER TABLE runs ADD COLUMN extra text DEFAULT 'x';
ALTER TABLE runs ALTER COLUMN extra SET DEFAULT 'y';
UPDATE runs SET extra = 'z' WHERE id = 2;
UPDATE runs SET extra = NULL WHERE id = 2;
ALTER TABLE runs ADD COLUMN dice float8 DEFAULT random();
ALTER TABLE runs ADD COLUMN copy text GENERATED ALWAYS AS (error) STORED;
