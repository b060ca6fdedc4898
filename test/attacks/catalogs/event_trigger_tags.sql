-- role: superuser
-- tries: an event trigger of ours that is told of one command only
-- none: bites
-- guarded: not held
-- locked: held
-- detected: guard_status
UPDATE pg_event_trigger SET evttags = '{ALTER AGGREGATE}' WHERE evtname IN ('retry_ledger_ddl_start', 'retry_ledger_ddl_end');
\c
ALTER TABLE app.runs DISABLE TRIGGER retry_ledger_change;
UPDATE app.runs SET error = 'x' WHERE id = 2;
