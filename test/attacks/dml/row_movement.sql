-- role: app
-- tries: to move rows to another partition by the partition key
-- none: bites
-- guarded: held
-- locked: held
-- setup: INSERT INTO app.days VALUES ('2024-01-06')
UPDATE day_runs SET day = '2024-02-05' WHERE id = 1;
UPDATE day_runs SET day = '2024-02-05' WHERE id = 3;
UPDATE day_runs SET day = '2024-01-06' WHERE id = 3;
