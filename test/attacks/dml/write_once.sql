-- role: app
-- tries: to write a second time what is written once, and to write other columns
-- none: bites
-- guarded: held
-- locked: held
UPDATE notes SET signed_by = 'you' WHERE id = 1;
UPDATE notes SET signed_by = NULL WHERE id = 1;
UPDATE notes SET note = 'changed' WHERE id = 2;
UPDATE notes SET signed_by = 'me', note = 'changed' WHERE id = 2;
UPDATE notes SET id = 20 WHERE id = 2;
