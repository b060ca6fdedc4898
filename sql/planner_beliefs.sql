-- What PostgreSQL's planner believes without looking at rows: our answers don't rest on what an owner can make untrue.
-- A CHECK of a partition, whose function says something else since the rows were checked.
CREATE FUNCTION pb_low() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 0';
CREATE TABLE pb_runs (id int NOT NULL, day date NOT NULL, status text NOT NULL, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE pb_runs_1 PARTITION OF pb_runs (CHECK (id > pb_low())) FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
SELECT count(*) > 0 AS adopted FROM govern_runs('pb_runs', id_column => 'id');
INSERT INTO pb_runs (id, day, status) VALUES (1, '2024-01-05', 'queued');
UPDATE pb_runs SET status = 'failed';
CREATE OR REPLACE FUNCTION pb_low() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1000';
SELECT count(*) AS seen_by_others FROM pb_runs WHERE id = 1;
SELECT attempt FROM retry_run(1, run_table => 'pb_runs', new_run_id => '2000');
SHOW constraint_exclusion;

-- A unique index by an operator class in which nothing equals anything.
CREATE FUNCTION pb_never(int, int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN 1; END';
CREATE OPERATOR CLASS pb_never FOR TYPE int USING btree AS
  OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 pb_never(int, int);
CREATE TABLE pb_jobs (id int NOT NULL, status text NOT NULL);
CREATE UNIQUE INDEX pb_unsound ON pb_jobs (id pb_never);
SELECT govern_runs('pb_jobs', id_column => 'id');
CREATE UNIQUE INDEX pb_sound ON pb_jobs (id);
SELECT detail FROM govern_runs('pb_jobs', id_column => 'id') WHERE item = 'unique_key';
SELECT * FROM refused('DROP INDEX pb_sound');
SELECT level, complete FROM guard_status() WHERE run_table = 'public.pb_jobs';

-- One of a type of an extension's, or of anybody's own, that has its own way of being equal.
CREATE TYPE pb_pair AS (a int, b int);
CREATE TABLE pb_pairs (id pb_pair PRIMARY KEY, status text NOT NULL);
SELECT indexrelid::regclass FROM unique_index WHERE indrelid IN ('pb_pairs'::regclass, 'pb_jobs'::regclass);
