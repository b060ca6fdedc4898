-- role: owner
-- tries: to be governed again in another way: other columns, other statuses, another kind
-- none: bites
-- guarded: held
-- locked: held
-- errors: 42701 42804
SELECT govern_runs('runs', statuses => '{"initial": ["queued"], "active": ["running", "failed"], "ended": ["completed"]}');
SELECT govern_runs('runs', statuses => '{"initial": ["queued", "failed"], "active": ["running"], "ended": ["completed"]}');
SELECT govern_runs('runs', status_column => 'note');
SELECT govern_runs('runs', id_column => 'blob');
SELECT govern_runs('runs', tenant_column => 'note', parent_column => 'customer_id', attempt_column => 'blob');
SELECT govern_append_only('runs');
SELECT govern_write_once('log', '{what}');
SELECT govern_write_once('notes', '{signed_by,note}');
SELECT govern_write_once('notes', '{note}');
SELECT govern_files('flow_files', 'runs');
SELECT govern_files('flow_files', 'flows', run_column => 'file_index', index_column => 'id');
UPDATE runs SET error = 'x' WHERE id = 2;
UPDATE notes SET note = 'x' WHERE id = 1;
UPDATE log SET what = 'x';
