-- role: app
-- tries: values that compare as equal: 1.0 and 1.00, 0.0 and -0.0, a composite with another one inside
-- none: bites
-- guarded: held
-- locked: held
UPDATE runs SET amount = 1.00 WHERE id = 2;
UPDATE runs SET score = '-0.0' WHERE id = 2;
