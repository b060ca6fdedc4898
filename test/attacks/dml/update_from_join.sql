-- role: app
-- tries: UPDATE ... FROM and multiple assignment
-- none: bites
-- guarded: held
-- locked: held
UPDATE runs r SET (error, note) = (SELECT 'x', 'y') FROM customers c WHERE c.id = r.customer_id AND r.id = 2;
UPDATE runs SET doc['a'] = '2' WHERE id = 2;
UPDATE runs SET spots[1] = NULL WHERE id = 2;
