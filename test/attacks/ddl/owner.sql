-- role: owner
-- tries: to give tables away, and to have them taken over
-- none: bites
-- guarded: held
-- locked: held
ALTER TABLE runs OWNER TO attack_app;
REASSIGN OWNED BY attack_owner TO attack_app;
UPDATE runs SET error = 'x' WHERE id = 2;
