-- role: app
-- tries: MERGE, its UPDATE and its DELETE
-- none: bites
-- guarded: held
-- locked: held
MERGE INTO runs r USING (VALUES (2)) v(id) ON r.id = v.id WHEN MATCHED THEN UPDATE SET error = 'merged';
MERGE INTO runs r USING (VALUES (2)) v(id) ON r.id = v.id WHEN MATCHED THEN DELETE;
MERGE INTO day_runs r USING (VALUES (1)) v(id) ON r.id = v.id WHEN MATCHED THEN UPDATE SET note = 'merged';
MERGE INTO runs r USING (VALUES (99)) v(id) ON r.id = v.id WHEN NOT MATCHED THEN INSERT (id, status) VALUES (99, 'completed');
