-- For attacks that are races: until another session of this database waits for what this one has changed.
DO $$
BEGIN
  FOR i IN 1 .. 300 LOOP
    EXIT WHEN EXISTS (SELECT FROM pg_locks JOIN pg_database d ON d.oid = database WHERE NOT granted AND datname = current_database());
    PERFORM pg_sleep(0.1);
  END LOOP;
END $$;
