-- role: owner
-- tries: to drop columns, and what columns rest on
-- none: bites
-- guarded: held
-- locked: held
ALTER TABLE runs DROP COLUMN error CASCADE;
ALTER TABLE runs DROP COLUMN note;
ALTER TABLE day_runs DROP COLUMN note;
ALTER TABLE runs DROP COLUMN is_retry, ADD COLUMN is_retry boolean;
DROP TYPE place CASCADE;
DROP DOMAIN places CASCADE;
DROP TYPE shade CASCADE;
DROP TYPE run_status CASCADE;
DROP TABLE address CASCADE;
