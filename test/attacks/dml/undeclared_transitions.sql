-- role: app
-- tries: statuses that nobody declared, NULL, other spellings, and a step that the machine does not have
-- none: bites
-- guarded: held
-- locked: held
UPDATE runs SET status = NULL WHERE id = 5;
UPDATE runs SET status = 'FAILED' WHERE id = 5;
UPDATE runs SET status = 'failed ' WHERE id = 5;
UPDATE runs SET status = 'archived' WHERE id = 5;
UPDATE runs SET status = 'queued' WHERE id = 5;
UPDATE runs SET status = '' WHERE id = 6;
