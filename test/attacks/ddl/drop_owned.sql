-- role: owner
-- tries: DROP OWNED BY
-- none: bites
-- guarded: held
-- locked: held
DROP OWNED BY attack_owner CASCADE;
DROP OWNED BY CURRENT_USER CASCADE;
