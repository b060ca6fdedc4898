-- role: superuser
-- tries: to have a release asked for and approved by a trigger, a view, a default that somebody else's session meets without knowing
-- none: bites
-- guarded: held
-- locked: held
CREATE FUNCTION app.help() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM retry_ledger.approve_release('app.log');
  RETURN NEW;
EXCEPTION WHEN OTHERS THEN RAISE WARNING '%', SQLERRM; RETURN NEW;
END $$;
CREATE TRIGGER help AFTER INSERT ON app.customers FOR EACH ROW EXECUTE FUNCTION app.help();
CREATE VIEW app.answers AS SELECT * FROM retry_ledger.approve_release('app.log');
GRANT SELECT ON app.answers TO attack_owner;
CREATE VIEW app.questions AS SELECT * FROM retry_ledger.release_governance('app.notes', 'yours');
GRANT SELECT ON app.questions TO attack_owner;
SELECT retry_ledger.release_governance('app.log', 'mine');
\c - attack_owner
INSERT INTO app.customers VALUES (4);
TABLE app.answers;
TABLE app.questions;
DO $$ BEGIN PERFORM retry_ledger.approve_release('app.log'); END $$;
\c - postgres
SELECT retry_ledger.approve_release('app.notes');
UPDATE app.log SET what = 'x';
UPDATE app.notes SET note = 'x';
