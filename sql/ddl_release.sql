-- A table that was released is its owner's again, and the extension can go when nothing is governed.
\set back :DBNAME
CREATE DATABASE ddl_release;
\c ddl_release
CREATE SCHEMA retry_ledger;
CREATE EXTENSION retry_ledger SCHEMA retry_ledger;
SET search_path = public, retry_ledger;
-- Installed and nothing governed: no DDL is of any concern.
CREATE TABLE other (a int);
ALTER TABLE other ADD COLUMN b float DEFAULT random();
DROP TABLE other;
DROP EXTENSION retry_ledger;
CREATE EXTENSION retry_ledger SCHEMA retry_ledger;
CREATE TABLE runs (id int PRIMARY KEY, status text, note text);
CREATE TABLE log (what text);
SELECT count(*) > 0 AS adopted FROM govern_runs('runs');
SELECT count(*) > 0 AS adopted FROM govern_append_only('log');
\set VERBOSITY terse
ALTER TABLE runs DROP COLUMN note;
DROP EXTENSION retry_ledger CASCADE;
DROP SCHEMA retry_ledger CASCADE;
\set VERBOSITY default
-- Released: only this table.
SELECT release_governance('runs', 'no longer needed') IS NOT NULL AS requested;
SELECT approve_release('runs') IS NOT NULL AS released;
ALTER TABLE runs DROP COLUMN note;
ALTER TABLE runs RENAME TO old_runs;
\set VERBOSITY terse
DROP TABLE log;
DROP EXTENSION retry_ledger CASCADE;
\set VERBOSITY default
SELECT release_governance('log', 'no longer needed') IS NOT NULL AS requested;
SELECT approve_release('log') IS NOT NULL AS released;
DROP TABLE log;
SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'retry%' AND tgrelid = 'old_runs'::regclass;
SET client_min_messages = warning;
DROP EXTENSION retry_ledger CASCADE;
DROP SCHEMA retry_ledger;
DROP TABLE old_runs;
SELECT count(*) FROM pg_event_trigger;
\c :back
DROP DATABASE ddl_release;
