-- role: owner
-- tries: to weaken another table while our own DDL runs: by a trigger, a default, a generated column, in the same transaction
-- none: bites
-- guarded: held
-- locked: held
CREATE FUNCTION public.weaken() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN ALTER TABLE app.log DISABLE TRIGGER USER; RETURN NEW; END';
CREATE TABLE victim (id int PRIMARY KEY, status text);
CREATE TRIGGER weaken BEFORE INSERT OR UPDATE ON victim FOR EACH ROW EXECUTE FUNCTION public.weaken();
CREATE TRIGGER weaken_all AFTER INSERT OR UPDATE ON victim FOR EACH STATEMENT EXECUTE FUNCTION public.weaken();
SELECT govern_runs('victim');
SELECT verify_installation('victim');
BEGIN;
SELECT release_governance('victim', 'x');
ALTER TABLE log DISABLE TRIGGER USER;
COMMIT;
SELECT accept_ddl('victim', 'CREATE POLICY p ON app.victim USING (true)', 'x');
SELECT accept_ddl('victim', 'ALTER TABLE app.log DISABLE TRIGGER USER', 'x');
UPDATE log SET what = 'x';
