-- role: superuser
-- tries: a lying default operator class of a governed enum
-- none: bites
-- guarded: not held
-- locked: held
CREATE FUNCTION public.never(app.run_status, app.run_status) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN 1; END';
CREATE OPERATOR FAMILY public.never USING btree;
CREATE OPERATOR CLASS public.never DEFAULT FOR TYPE app.run_status USING btree FAMILY public.never AS
  OPERATOR 1 < (anyenum, anyenum), OPERATOR 2 <= (anyenum, anyenum), OPERATOR 3 = (anyenum, anyenum), OPERATOR 4 >= (anyenum, anyenum), OPERATOR 5 > (anyenum, anyenum),
  FUNCTION 1 (app.run_status, app.run_status) public.never(app.run_status, app.run_status),
  FUNCTION 1 (app.run_status, anyenum) public.never(app.run_status, app.run_status);
CREATE INDEX ON app.day_runs (status);
\c
SET enable_seqscan = off;
SET jit = off;
-- What shows that rows are hidden.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM app.day_runs WHERE status = 'failed') THEN REVOKE SELECT ON app.day_runs FROM attack_app; END IF;
END $$;
