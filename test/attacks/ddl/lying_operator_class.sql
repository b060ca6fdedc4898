-- role: superuser
-- tries: to hide rows from whoever looks for them by an index whose operator class finds nothing
-- none: bites
-- guarded: not held
-- locked: held
-- errors: 42704
CREATE FUNCTION public.never(text, text) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN 1; END';
CREATE OPERATOR FAMILY public.never USING btree;
CREATE OPERATOR CLASS public.never FOR TYPE text USING btree FAMILY public.never AS
  OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 public.never(text, text);
CREATE INDEX ON app.tenant_runs (status public.never);
CREATE INDEX ON app.runs (status public.never);
CREATE TABLE app.day_runs_3 (LIKE app.day_runs INCLUDING DEFAULTS);
CREATE INDEX ON app.day_runs_3 (note public.never);
ALTER TABLE app.day_runs ATTACH PARTITION app.day_runs_3 FOR VALUES FROM ('2024-03-01') TO ('2024-04-01');
SELECT format('ALTER DATABASE %I SET enable_seqscan = off', current_database()) \gexec
SELECT format('ALTER DATABASE %I SET enable_bitmapscan = off', current_database()) \gexec
