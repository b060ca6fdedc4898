-- role: superuser
-- tries: to keep governed tables out of dumps, as members of an extension
-- none: bites
-- guarded: held
-- locked: held
ALTER EXTENSION plpgsql ADD TABLE app.runs;
ALTER EXTENSION plpgsql ADD TABLE app.day_runs_1;
