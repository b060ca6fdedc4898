-- role: owner
-- tries: to put another type, collation and text search configuration in the place of a column's own: queries that name them find other rows
-- none: bites
-- guarded: not held
-- locked: held
-- errors: 42710 42P06
-- setup: GRANT CREATE ON DATABASE :DBNAME TO attack_owner; SET ROLE attack_owner; CREATE SCHEMA parts; CREATE DOMAIN app.mail AS text; CREATE DOMAIN parts.mail AS text; CREATE COLLATION app.ai (provider = icu, locale = 'und-u-ks-level1', deterministic = false); CREATE TABLE app.mails (id bigint PRIMARY KEY, email app.mail, copy parts.mail, name text COLLATE app.ai, status text DEFAULT 'queued'); SELECT retry_ledger.govern_runs('app.mails'); GRANT SELECT ON app.mails TO attack_app; GRANT USAGE ON SCHEMA parts TO PUBLIC; INSERT INTO app.mails VALUES (1, 'foo@x.org', 'foo@x.org', 'Foo'); UPDATE app.mails SET status = 'completed'
ALTER DOMAIN app.mail RENAME TO mail_;
CREATE DOMAIN app.mail AS varchar(1);
ALTER SCHEMA parts RENAME TO parts_;
CREATE SCHEMA parts;
CREATE DOMAIN parts.mail AS varchar(1);
ALTER COLLATION app.ai RENAME TO ai_;
CREATE COLLATION app.ai (provider = icu, locale = 'und');
DO $$BEGIN
  IF (SELECT count(*) FROM app.mails WHERE email = 'foo@x.org'::app.mail AND copy = 'foo@x.org'::parts.mail AND name = 'foo' COLLATE app.ai) = 0 THEN
    REVOKE SELECT ON app.log FROM attack_app;
  END IF;
END$$;
