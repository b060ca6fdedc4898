-- role: superuser
-- tries: to drop the index that makes a second live retry impossible
-- none: harmless
-- guarded: held
-- locked: held
DROP INDEX retry_ledger.retry_live;
DROP INDEX retry_ledger.retry_child;
