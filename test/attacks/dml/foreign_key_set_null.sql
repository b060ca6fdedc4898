-- role: app
-- tries: to change by ON DELETE SET NULL and ON UPDATE CASCADE
-- none: bites
-- guarded: held
-- locked: held
DELETE FROM tags WHERE tag = 'red';
UPDATE tags SET tag = 'green' WHERE tag = 'red';
