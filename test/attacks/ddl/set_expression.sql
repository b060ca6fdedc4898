-- role: owner
-- tries: another expression for a generated column, of PostgreSQL 17 and newer
-- none: bites
-- guarded: held
-- locked: held
-- from: 17
ALTER TABLE runs ALTER COLUMN words SET EXPRESSION AS (to_tsvector('app.words', 'forged'));
