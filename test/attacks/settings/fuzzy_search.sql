-- role: superuser
-- tries: a GIN index that leaves out at random what it finds: a setting for the database
-- none: bites
-- guarded: not held
-- locked: held
CREATE INDEX ON app.runs USING gin (doc);
ALTER DATABASE :"DBNAME" SET gin_fuzzy_search_limit = 1;
ALTER DATABASE :"DBNAME" SET enable_seqscan = off;
\c
DO $$
BEGIN
  IF (SELECT count(*) FROM app.runs WHERE doc @> '{"a": 1}') < 6 THEN REVOKE SELECT ON app.log FROM attack_app; END IF;
END $$;
