# role: owner
# tries: to change what ended runs say: an attribute of a composite type, in a transaction that began before the adoption
# none: harmless
# guarded: held
# locked: held
from sessions import Session

dropper, owner = Session('attack_owner'), Session('attack_owner')
owner.ask("SET lock_timeout = '200ms'")
owner.ask('CREATE TYPE app.verdict AS (who text, why text)')
owner.ask('CREATE TABLE app.reason (why text, whose text)')
owner.ask('CREATE TABLE app.fresh (id int PRIMARY KEY, status text, v app.verdict, r app.reason)')
owner.ask("INSERT INTO app.fresh VALUES (1, 'queued', ROW('customer', 'late'), ROW('late', 'his'))")
owner.ask('SELECT (v).who, (r).why FROM app.fresh')
dropper.ask('BEGIN')
dropper.ask('ALTER TYPE app.verdict DROP ATTRIBUTE why')
owner.ask("SELECT count(*) FROM retry_ledger.govern_runs('app.fresh')")
owner.ask("UPDATE app.fresh SET status = 'failed' WHERE id = 1")
dropper.ask('COMMIT')
dropper.ask('BEGIN')
dropper.ask('ALTER TABLE app.reason DROP COLUMN whose')
owner.ask("SELECT count(*) FROM retry_ledger.govern_runs('app.fresh')")
owner.ask("UPDATE app.fresh SET status = 'failed' WHERE id = 1")
dropper.ask('COMMIT')
for session in (dropper, owner):
    session.close()
