-- role: owner
-- tries: to drop the text search configuration on which a generated column rests
-- none: bites
-- guarded: held
-- locked: held
DROP TEXT SEARCH CONFIGURATION words CASCADE;
