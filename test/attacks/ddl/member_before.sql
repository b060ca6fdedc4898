-- role: owner
-- tries: to keep rows of a governed table out of dumps: a partition that belongs to an extension before it is attached, and a table that does before it is adopted
-- none: bites
-- guarded: held
-- locked: held
-- errors: 23514
-- setup: GRANT CREATE ON DATABASE :DBNAME TO attack_owner
CREATE EXTENSION hstore SCHEMA public;
CREATE TABLE p (LIKE day_runs INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES);
ALTER EXTENSION hstore ADD TABLE p;
ALTER TABLE day_runs ATTACH PARTITION p FOR VALUES FROM ('2024-03-01') TO ('2024-04-01');
INSERT INTO days VALUES ('2024-03-05');
INSERT INTO day_runs (id, day, note) VALUES (9, '2024-03-05', 'nine');
UPDATE day_runs SET status = 'failed', error = 'boom' WHERE id = 9;
CREATE TABLE fresh (id int PRIMARY KEY, status text, error text);
ALTER EXTENSION hstore ADD TABLE fresh;
SELECT govern_runs('fresh');
-- What didn't come about is no damage.
\c - postgres
SELECT 'ALTER EXTENSION hstore DROP TABLE app.p' WHERE NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = 'app.p'::regclass) \gexec
SELECT 'ALTER EXTENSION hstore DROP TABLE app.fresh' WHERE NOT EXISTS (
  SELECT FROM pg_trigger WHERE tgrelid = 'app.fresh'::regclass) \gexec
