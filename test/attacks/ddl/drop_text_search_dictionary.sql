-- role: owner
-- tries: the same by a dictionary below it
-- none: bites
-- guarded: held
-- locked: held
ALTER TEXT SEARCH CONFIGURATION words ALTER MAPPING FOR asciiword WITH plain;
DROP TEXT SEARCH DICTIONARY plain CASCADE;
