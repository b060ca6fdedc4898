-- role: owner
-- tries: inheritance: children whose rows no guard sees, and parents
-- none: bites
-- guarded: held
-- locked: held
CREATE TABLE child () INHERITS (runs);
CREATE TABLE child2 (LIKE runs INCLUDING ALL);
ALTER TABLE child2 INHERIT runs;
INSERT INTO child2 (id, status, attempt, is_retry) VALUES (90, 'completed', 1, false);
CREATE TABLE parent (id bigint);
ALTER TABLE runs INHERIT parent;
