-- Actions of foreign keys on governed rows: said at adoption, refused with a hint at the key.
CREATE TABLE fk_users (id int PRIMARY KEY);
CREATE TABLE fk_teams (id int PRIMARY KEY);
CREATE TABLE fk_runs (id int PRIMARY KEY, status text NOT NULL, user_id int CONSTRAINT fk_user REFERENCES fk_users ON DELETE CASCADE,
  team_id int CONSTRAINT fk_team REFERENCES fk_teams ON DELETE SET NULL ON UPDATE CASCADE);
INSERT INTO fk_users VALUES (1), (2);
INSERT INTO fk_teams VALUES (1);
SELECT item, decision, detail FROM govern_runs('fk_runs', dry_run => true) WHERE item = 'foreign_key';
SELECT item, decision FROM govern_runs('fk_runs') WHERE item = 'foreign_key';
INSERT INTO fk_runs VALUES (1, 'queued', 1, 1);
UPDATE fk_runs SET status = 'failed';
SELECT * FROM refused('DELETE FROM fk_users');
SELECT * FROM refused('DELETE FROM fk_teams') WHERE field IN ('message', 'hint');
SELECT * FROM refused('UPDATE fk_teams SET id = 2') WHERE field = 'message';
SELECT * FROM refused('UPDATE fk_runs SET team_id = NULL') WHERE field = 'hint';
SELECT * FROM refused('DELETE FROM fk_runs') WHERE field = 'hint';
DELETE FROM fk_users WHERE id = 2;
