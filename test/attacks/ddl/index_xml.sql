-- role: owner
-- tries: an index on an expression that writes a float by a setting, in a node that is no function
-- none: bites
-- guarded: not held
-- locked: held
SET extra_float_digits = 0;
INSERT INTO runs (id, tenant_id, status, score, profile) VALUES (300, 't1', 'queued', 0.1::float8 + 0.2::float8, 'small');
UPDATE runs SET status = 'completed' WHERE id = 300;
VACUUM runs;  -- or any transaction of the server that is older keeps the index from being used
CREATE INDEX mine ON runs ((xmlserialize(content xmlelement(name x, score) AS text)));
RESET extra_float_digits;
SET enable_seqscan = off;
-- What shows that the run isn't found.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM runs WHERE xmlserialize(content xmlelement(name x, score) AS text) = '<x>0.30000000000000004</x>') THEN
    REVOKE SELECT ON log FROM attack_app;
  END IF;
END $$;
