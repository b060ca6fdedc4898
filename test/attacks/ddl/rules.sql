-- role: owner
-- tries: rules that redirect or suppress statements
-- none: bites
-- guarded: held
-- locked: held
-- errors: 42809 55000 42P17
CREATE RULE r AS ON UPDATE TO runs DO INSTEAD NOTHING;
CREATE RULE r AS ON DELETE TO log DO INSTEAD NOTHING;
CREATE RULE s AS ON INSERT TO runs DO INSTEAD INSERT INTO log VALUES (NEW.id);
CREATE RULE "_RETURN" AS ON SELECT TO log DO INSTEAD SELECT 1 AS id, 'x'::text AS what;
CREATE RULE t AS ON INSERT TO log DO ALSO DELETE FROM app.runs WHERE id = 7;
INSERT INTO log VALUES (3, 'third');
