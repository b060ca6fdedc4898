-- role: app
-- tries: to change rows of an append-only table
-- none: bites
-- guarded: held
-- locked: held
UPDATE log SET what = 'rewritten' WHERE id = 1;
UPDATE log SET id = 10 WHERE id = 1;
MERGE INTO log l USING (VALUES (1)) v(id) ON l.id = v.id WHEN MATCHED THEN UPDATE SET what = 'merged';
