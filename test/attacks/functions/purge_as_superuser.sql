-- role: owner
-- tries: to act as the superuser who approves a purge, by an index's function, which the planner computes, and a cursor that it leaves
-- none: harmless
-- guarded: held
-- locked: held
CREATE FUNCTION app.evil() RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN CREATE TABLE IF NOT EXISTS app.ran_as_superuser (); END IF;
  RETURN 1;
END $$;
CREATE FUNCTION app.open_it() RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  IF session_user = 'postgres' AND NOT EXISTS (SELECT FROM pg_cursors WHERE name = 'held') THEN
    EXECUTE 'DECLARE held CURSOR WITH HOLD FOR SELECT app.evil()';
  END IF;
  RETURN app.evil();
EXCEPTION WHEN insufficient_privilege THEN RETURN 1;
END $$;
CREATE FUNCTION app.imm(i int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$BEGIN RETURN app.open_it(); END$$;
CREATE TABLE app.day_runs_3 PARTITION OF day_runs FOR VALUES FROM ('2024-03-01') TO ('2024-04-01');
CREATE INDEX ON day_runs_3 ((app.imm(1)));
SELECT set_retention('day_runs', keep => '1 microsecond', reason => 'why');
SELECT purge_governed('day_runs_3', 'old');
\c - postgres
SELECT retry_ledger.approve_purge('app.day_runs_3');
