-- role: owner
-- tries: a rule on a partition, which nothing records
-- none: bites
-- guarded: held
-- locked: held
CREATE RULE nothing AS ON UPDATE TO app.day_runs_1 DO INSTEAD NOTHING;
CREATE RULE nothing AS ON UPDATE TO app.day_runs_2 DO INSTEAD NOTHING;
