-- role: app
-- tries: TRUNCATE ... CASCADE of a table that a governed one refers to
-- none: bites
-- guarded: held
-- locked: held
TRUNCATE customers CASCADE;
TRUNCATE tags CASCADE;
TRUNCATE days CASCADE;
TRUNCATE flows CASCADE;
