-- role: owner
-- tries: to rename tables, columns, partitions, schemas
-- none: bites
-- guarded: held
-- locked: held
-- errors: 42809
ALTER TABLE runs RENAME TO gone;
ALTER TABLE runs RENAME COLUMN error TO message;
ALTER VIEW runs RENAME TO gone;
ALTER INDEX runs RENAME TO gone;
ALTER SEQUENCE runs RENAME TO gone;
ALTER TABLE day_runs RENAME COLUMN note TO remark;
ALTER TABLE log RENAME TO gone_too;
