-- DDL on a governed table that stays as easy as before, and DDL that has nothing to do with one.
CREATE ROLE da_owner;
CREATE ROLE da_next;
GRANT da_next TO da_owner;
CREATE SCHEMA da AUTHORIZATION da_owner;
GRANT CREATE ON SCHEMA da TO da_next;
SET ROLE da_owner;
SET search_path = da, public, retry_ledger;
CREATE TYPE da_status AS ENUM ('queued', 'running', 'completed', 'failed');
CREATE TABLE runs (id int PRIMARY KEY, status da_status NOT NULL, note varchar(10), amount numeric(10,2), at timestamp(0));
SELECT count(*) > 0 AS adopted FROM govern_runs('runs');
INSERT INTO runs (id, status, note, amount) VALUES (1, 'queued', 'one', 1.50);
UPDATE runs SET status = 'failed';

-- Columns and constraints.
ALTER TABLE runs ADD COLUMN plain text;
ALTER TABLE runs ADD COLUMN constant int NOT NULL DEFAULT 7;
ALTER TABLE runs ADD COLUMN moment timestamptz DEFAULT now();
ALTER TABLE runs ALTER COLUMN plain SET DEFAULT 'later', ALTER COLUMN plain SET STATISTICS 500, ALTER COLUMN plain SET STORAGE EXTERNAL;
ALTER TABLE runs ALTER COLUMN note TYPE varchar(100);
ALTER TABLE runs ALTER COLUMN amount TYPE numeric(12,2);
ALTER TABLE runs ADD CONSTRAINT positive CHECK (amount > 0) NOT VALID;
ALTER TABLE runs VALIDATE CONSTRAINT positive;
ALTER TABLE runs RENAME CONSTRAINT positive TO more_than_nothing;
ALTER TABLE runs DROP CONSTRAINT more_than_nothing;
CREATE TABLE places (id int PRIMARY KEY);
ALTER TABLE runs ADD COLUMN place int REFERENCES places;
ALTER TYPE da_status ADD VALUE 'archived';
ALTER TYPE da_status RENAME TO da_state;
-- Indexes; the key may change its index, as long as there is one.
CREATE INDEX runs_note ON runs (note);
CREATE INDEX CONCURRENTLY runs_note2 ON runs (note);
DROP INDEX CONCURRENTLY runs_note2;
ALTER INDEX runs_note RENAME TO runs_by_note;
DROP INDEX runs_by_note;
CREATE UNIQUE INDEX runs_key ON runs (id);
ALTER TABLE runs DROP CONSTRAINT runs_pkey, ADD CONSTRAINT runs_primary PRIMARY KEY USING INDEX runs_key;
REINDEX TABLE runs;
-- The rest.
COMMENT ON TABLE runs IS 'runs';
GRANT SELECT ON runs TO da_next;
REVOKE SELECT ON runs FROM da_next;
CREATE STATISTICS runs_statistics ON status, note FROM runs;
ALTER TABLE runs SET (fillfactor = 80), REPLICA IDENTITY FULL, CLUSTER ON runs_primary;
CLUSTER runs;
VACUUM FULL runs;
ANALYZE runs;
CREATE FUNCTION own_trigger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER own BEFORE INSERT ON runs FOR EACH ROW EXECUTE FUNCTION own_trigger();
ALTER TABLE runs DISABLE TRIGGER own;
ALTER TRIGGER own ON runs RENAME TO my_own;
DROP FUNCTION own_trigger CASCADE;
CREATE VIEW few AS SELECT id, status FROM runs;
ALTER VIEW few RENAME TO fewer;
DROP VIEW fewer;
ALTER TABLE runs OWNER TO da_next;
RESET ROLE;
ALTER TABLE da.runs OWNER TO da_owner;
SET ROLE da_owner;
-- Tables of no concern.
CREATE TABLE other (a int, b text);
CREATE TABLE copied (LIKE runs INCLUDING ALL);
CREATE TEMP TABLE passing AS SELECT * FROM runs;
ALTER TABLE other RENAME COLUMN a TO c;
ALTER TABLE other ALTER COLUMN b TYPE bytea USING NULL;
ALTER TABLE other ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON other USING (true);
CREATE RULE r AS ON DELETE TO other DO INSTEAD NOTHING;
CREATE TABLE other_child () INHERITS (other);
DROP TABLE other CASCADE;
DROP TABLE copied;
DROP TABLE passing;
-- Nothing of this has weakened a guard.
SELECT * FROM refused('UPDATE runs SET plain = $$x$$');
SELECT string_agg(DISTINCT tgenabled::text, '') AS enabled FROM pg_trigger WHERE tgrelid = 'runs'::regclass AND tgname LIKE 'retry%';
SELECT attempt FROM retry_run(1, run_table => 'da.runs', new_run_id => '2');
RESET ROLE;
RESET search_path;
