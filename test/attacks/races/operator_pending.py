# role: owner
# tries: to hide rows from conditions on a column: an operator of its type, made in a transaction that began before the column came, or that waits for it
# none: bites
# guarded: not held
# locked: held
# errors: 42703
from sessions import Session

making, owner = Session('attack_owner'), Session('attack_owner')
owner.ask("SET lock_timeout = '500ms'")
owner.ask("CREATE TYPE app.mood AS ENUM ('good', 'bad')")
owner.ask("CREATE TYPE app.hue AS ENUM ('good', 'bad')")
for kind in ('mood', 'hue'):
    owner.ask(f"CREATE FUNCTION app.lie(a app.{kind}, b app.{kind}) RETURNS boolean LANGUAGE sql AS 'SELECT false'")
making.ask('BEGIN')
making.ask('CREATE OPERATOR public.= (LEFTARG = app.mood, RIGHTARG = app.mood, FUNCTION = app.lie)')
owner.ask('ALTER TABLE app.runs ADD COLUMN mood app.mood[]')
making.ask('COMMIT')
owner.ask('BEGIN')
owner.ask('ALTER TABLE app.runs ADD COLUMN hue app.hue')
making.send('CREATE OPERATOR public.= (LEFTARG = app.hue, RIGHTARG = app.hue, FUNCTION = app.lie)')
owner.ask('SELECT pg_sleep(0.3)')
owner.ask('COMMIT')
making.ask('SELECT 1')
owner.ask("UPDATE app.runs SET hue = 'bad' WHERE id = 5")
owner.ask("UPDATE app.runs SET mood = '{bad}' WHERE id = 5")
judge = Session('postgres')
for hidden in ("hue = 'bad'", "mood[1] = 'bad'"):
    if judge.ask(f'SELECT count(*) FROM app.runs WHERE id = 5 AND {hidden}') == '0':
        judge.ask('REVOKE SELECT ON app.log FROM attack_app')
for session in (making, owner, judge):
    session.close()
