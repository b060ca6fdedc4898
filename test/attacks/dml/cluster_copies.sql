-- role: owner
-- tries: end and retry runs while CLUSTER copies their table, by a function of the index: what it writes is in the old file
-- none: harmless
-- guarded: held
-- locked: held
CREATE FUNCTION app.deed() RETURNS void LANGUAGE plpgsql VOLATILE AS $$ BEGIN EXECUTE pg_catalog.current_setting('app.todo'); END $$;
CREATE FUNCTION app.f(bigint) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN
  IF pg_catalog.current_setting('app.armed', true) = '1' THEN
    PERFORM pg_catalog.set_config('app.armed', '0', false); PERFORM app.deed(); END IF;
  RETURN $1; END $$;
CREATE INDEX by_f ON app.runs (app.f(id));
CREATE INDEX by_g ON app.day_runs_1 (app.f(id));
CREATE INDEX by_h ON app.notes (app.f(id));
SET app.armed = '1';
SET app.todo = $$ UPDATE app.runs SET status = 'failed', error = 'true cause' WHERE id = 6 $$;
CLUSTER app.runs USING by_f;
SET app.armed = '1';
SET app.todo = $$ SELECT retry_ledger.retry_run(2, run_table => 'app.runs', new_run_id => '302') $$;
CLUSTER app.runs USING by_f;
SET app.armed = '1';
SET app.todo = $$ UPDATE app.day_runs SET status = 'failed', error = 'true cause' WHERE id = 3 $$;
CLUSTER app.day_runs_1 USING by_g;
SET app.armed = '1';
SET app.todo = $$ UPDATE app.notes SET signed_by = 'me' WHERE id = 2 $$;
CLUSTER app.notes USING by_h;
-- Under another name the copy isn't found.
SET app.armed = '1';
SELECT set_config('app.todo', format('ALTER TABLE app.pg_temp_%s RENAME TO hidden; %s', 'app.day_runs_1'::regclass::oid,
  $$UPDATE app.day_runs SET status = 'failed', error = 'true cause' WHERE id = 3$$), false);
CLUSTER app.day_runs_1 USING by_g;
