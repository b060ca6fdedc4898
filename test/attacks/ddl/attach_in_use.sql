-- role: owner
-- tries: tables that become partitions while INSERT, COPY, MERGE or a CTE is writing to them, which knows of no guards
-- none: bites
-- guarded: held
-- locked: held
INSERT INTO days SELECT date '2024-03-05' + i * interval '1 month' FROM generate_series(0, 3) i;

-- The table brings along the guards of statements as they must be, so that no command of ours alters it any more.
CREATE PROCEDURE bring(target text, guard text, events text, function text) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE TRIGGER %I BEFORE %s ON app.%I FOR EACH STATEMENT EXECUTE FUNCTION retry_ledger.%I()', guard, events, target, function);
  EXECUTE format('ALTER TABLE app.%I ENABLE ALWAYS TRIGGER %I', target, guard);
END $$;
CREATE PROCEDURE prepare(target text, partitioned text DEFAULT '') LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE TABLE app.%I (LIKE app.day_runs INCLUDING ALL) %s', target, partitioned);
  CALL app.bring(target, 'retry_ledger_truncate', 'TRUNCATE', 'guard_remove');
  IF EXISTS (SELECT FROM pg_trigger WHERE tgname = 'retry_ledger_locked') THEN
    CALL app.bring(target, 'retry_ledger_locked', 'INSERT OR UPDATE', 'guard_locked');
  END IF;
END $$;
CREATE FUNCTION attach(target text, month int) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE app.day_runs ATTACH PARTITION app.%I FOR VALUES FROM (%L) TO (%L)', target,
                 make_date(2024, month, 1), make_date(2024, month + 1, 1));
  RETURN 7;
END $$;
CREATE FUNCTION attach_copied() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM app.attach(''by_copy'', 4); RETURN NEW; END';

BEGIN;
CALL prepare('by_insert');
INSERT INTO by_insert (id, day, status, attempt, is_retry, parent_run_id)
  SELECT 90, '2024-03-05', 'completed', attach('by_insert', 3), true, 1;
COMMIT;
BEGIN;
CALL prepare('by_copy');
CREATE TRIGGER attach BEFORE INSERT ON by_copy FOR EACH ROW EXECUTE FUNCTION attach_copied();
COPY by_copy (id, day, status, attempt, is_retry, parent_run_id) FROM STDIN;
91	2024-04-05	completed	7	t	1
\.
COMMIT;
BEGIN;
CALL prepare('by_merge');
MERGE INTO by_merge USING (SELECT attach('by_merge', 5) AS attempt) s ON false
  WHEN NOT MATCHED THEN INSERT (id, day, status, attempt, is_retry, parent_run_id) VALUES (92, '2024-05-05', 'completed', s.attempt, true, 1);
COMMIT;
BEGIN;
CALL prepare('tree', 'PARTITION BY LIST (day)');
CALL prepare('leaf');
ALTER TABLE tree ATTACH PARTITION leaf DEFAULT;
WITH written AS (
  INSERT INTO leaf (id, day, status, attempt, is_retry, parent_run_id)
  SELECT 93, '2024-06-05', 'completed', attach('tree', 6), true, 1 RETURNING id)
SELECT * FROM written;
COMMIT;
