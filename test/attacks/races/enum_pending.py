# role: owner
# tries: to rename what ended runs say: an enum's label, in a transaction that began before the column came, or the adoption
# none: bites
# guarded: held
# locked: held
# errors: 42703
from sessions import Session

renamer, owner = Session('attack_owner'), Session('attack_owner')
owner.ask("SET lock_timeout = '200ms'")
renamer.ask("CREATE TYPE app.verdict AS ENUM ('customer', 'us')")
renamer.ask('BEGIN')
renamer.ask("ALTER TYPE app.verdict RENAME VALUE 'customer' TO 'nobody'")
owner.ask('ALTER TABLE app.runs ADD COLUMN verdict app.verdict[]')
owner.ask("UPDATE app.runs SET status = 'failed', verdict = '{customer}' WHERE id = 5")
renamer.ask('COMMIT')
# The status of a table: an ended run isn't one any more.
renamer.ask("CREATE TYPE app.state AS ENUM ('queued', 'failed')")
renamer.ask('CREATE TABLE app.fresh (id int PRIMARY KEY, status app.state, error text)')
renamer.ask('BEGIN')
renamer.ask("ALTER TYPE app.state RENAME VALUE 'failed' TO 'broken'")
owner.ask("SELECT count(*) FROM retry_ledger.govern_runs('app.fresh')")
renamer.ask('COMMIT')
for session in (renamer, owner):
    session.close()
