-- role: app
-- tries: to fill in what an ended run has left NULL
-- none: bites
-- guarded: held
-- locked: held
UPDATE runs SET note = '' WHERE id = 7;
UPDATE runs SET doc = 'null' WHERE id = 7;
UPDATE runs SET spots = '{}' WHERE id = 7;
UPDATE runs SET amount = 'NaN' WHERE id = 7;
