-- role: owner
-- tries: to rename labels, of the status and of a type deep inside
-- none: bites
-- guarded: held
-- locked: held
ALTER TYPE run_status RENAME VALUE 'failed' TO 'fine';
ALTER TYPE shade RENAME VALUE 'dark' TO 'bright';
