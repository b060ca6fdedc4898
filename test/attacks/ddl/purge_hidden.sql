-- role: owner
-- tries: to have runs purged that go on: an index that is empty, and is said to have all rows, hides them from the purge
-- none: harmless
-- guarded: held
-- locked: held
INSERT INTO day_runs (id, day) SELECT i, '2024-01-05' FROM generate_series(1000, 3000) i;
ANALYZE day_runs;
SET extra_float_digits = 0;
CREATE INDEX mine ON day_runs_1 (((id)::text) COLLATE "C") WHERE ((0.1::float8 + 0.2::float8) || ''::text) <> '0.3';
\c
SELECT set_retention('day_runs', keep => '1 microsecond', reason => 'why');
SELECT purge_governed('day_runs_1', 'old');
\c - attack_second
SELECT retry_ledger.approve_purge('app.day_runs_1');
