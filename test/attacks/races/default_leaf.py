# role: app
# tries: a run where nobody looks for it: into a leaf below a default partition, by a session that remembers the bounds from before a new partition took its key
# none: bites
# guarded: held
# locked: held
# setup: SET ROLE attack_owner; CREATE TABLE app.sub_runs (id bigint NOT NULL, day date NOT NULL, status text, PRIMARY KEY (id, day)) PARTITION BY LIST (day); CREATE TABLE app.sub_default PARTITION OF app.sub_runs DEFAULT PARTITION BY HASH (id); CREATE TABLE app.sub_leaf PARTITION OF app.sub_default FOR VALUES WITH (MODULUS 1, REMAINDER 0); SELECT count(*) FROM retry_ledger.govern_append_only('app.sub_runs'); GRANT ALL ON app.sub_leaf TO attack_app
from sessions import Session

owner, app = Session('attack_owner'), Session()
app.ask("INSERT INTO app.sub_leaf VALUES (1, '2024-02-01', 'queued')")
owner.ask("CREATE TABLE app.sub_new PARTITION OF app.sub_runs FOR VALUES IN ('2024-02-05')")
app.ask("INSERT INTO app.sub_leaf VALUES (3, '2024-02-05', 'queued')")
# What shows that a row is hidden.
owner.ask("""DO $$ BEGIN
  IF EXISTS (SELECT FROM app.sub_runs WHERE id = 3) AND NOT EXISTS (SELECT FROM app.sub_runs WHERE day = '2024-02-05') THEN
    REVOKE SELECT ON app.log FROM attack_app; END IF; END $$""")
for session in (owner, app):
    session.close()
