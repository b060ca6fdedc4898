-- role: owner
-- tries: write an ended run into the copy of its partition that CLUSTER is making, by a function of the index
-- none: bites
-- guarded: not held
-- locked: held
-- detected: content_hash
CREATE FUNCTION app.deed() RETURNS void LANGUAGE plpgsql VOLATILE AS $$
DECLARE copy text;
BEGIN
  SELECT format('app.%I', relname) INTO copy FROM pg_catalog.pg_class WHERE relname = 'pg_temp_' || 'app.day_runs_1'::regclass::oid;
  IF copy IS NULL THEN RETURN; END IF;
  PERFORM set_config('app.armed', '0', false);
  EXECUTE format(current_setting('app.todo'), copy);
END $$;
CREATE FUNCTION app.f(bigint) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN
  IF pg_catalog.current_setting('app.armed', true) = '1' THEN PERFORM app.deed(); END IF; RETURN $1; END $$;
CREATE INDEX by_f ON app.day_runs_1 ((id + app.f(1)));
SET app.armed = '1';
SET app.todo = $$ INSERT INTO %s (id, day, status, error, attempt, is_retry) VALUES (1, '2024-01-05', 'completed', 'forged', 1, false) $$;
CLUSTER app.day_runs_1 USING by_f;
-- As a partition of a table that has no guards.
CREATE TABLE app.way (LIKE app.day_runs_1) PARTITION BY LIST (id);
SET app.armed = '1';
SET app.todo = $$
  DO 'BEGIN ALTER TABLE app.way ATTACH PARTITION %1$s DEFAULT;
  INSERT INTO app.way (id, day, status, error, attempt, is_retry) VALUES (3, ''2024-01-05'', ''completed'', ''forged'', 1, false);
  ALTER TABLE app.way DETACH PARTITION %1$s; END' $$;
CLUSTER app.day_runs_1 USING by_f;
SELECT id, status, error FROM app.day_runs_1 ORDER BY 1;
