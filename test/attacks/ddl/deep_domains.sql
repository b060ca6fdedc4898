-- role: owner
-- tries: a column of a type that is made of very many others, each of which guards walk in every session
-- none: bites
-- guarded: held
-- locked: held
CREATE DOMAIN app.d0 AS int;
DO $$BEGIN FOR i IN 1..200 LOOP EXECUTE format('CREATE DOMAIN app.d%s AS app.d%s', i, i - 1); END LOOP; END$$;
ALTER TABLE app.log ADD COLUMN extra app.d200;
DO $$BEGIN IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'app.log'::regclass AND attname = 'extra')
  THEN REVOKE SELECT ON app.log FROM attack_app; END IF; END$$;
