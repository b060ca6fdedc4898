-- role: superuser
-- tries: a unique index on the ledger that lets nothing more in, and that can't be dropped
-- none: bites
-- guarded: held
-- locked: held
-- errors: 42704
SELECT format('CREATE UNIQUE INDEX mine ON retry_ledger.ledger_entry ((1)) WHERE recorded_at > %L::timestamptz', now()) \gexec
SELECT retry_ledger.release_governance('app.log', 'x');
UPDATE app.runs SET status = 'completed' WHERE id = 5;
UPDATE app.runs SET status = 'running' WHERE id = 6;
UPDATE app.runs SET status = 'completed' WHERE id = 6;
DROP INDEX retry_ledger.mine;
SELECT retry_ledger.retry_run(7, run_table => 'app.runs', new_run_id => '702');
