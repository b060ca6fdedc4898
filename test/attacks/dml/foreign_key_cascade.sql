-- role: app
-- tries: to delete by ON DELETE CASCADE of a table that runs refer to
-- none: bites
-- guarded: held
-- locked: held
DELETE FROM customers WHERE id = 1;
DELETE FROM days WHERE day = '2024-01-05';
