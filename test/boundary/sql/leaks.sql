-- 20,000 failures in one backend leave it as large as it was.
--
-- A leak of the exception objects alone was seen to add 2.3 MB; one with what the objects hold,
-- 20 MB and more; without one, 8 kB came.
CREATE PROCEDURE fail_often(n int) LANGUAGE plpgsql AS $$
DECLARE
  kinds text[] := '{postgres,error,refusal,bad_alloc,std::exception,int}';
BEGIN
  FOR i IN 1 .. n LOOP
    BEGIN
      CASE i % 4
        WHEN 0 THEN PERFORM boundary_throw(kinds[1 + i / 4 % 6]);
        WHEN 1 THEN PERFORM boundary_frames('SELECT 1/0');
        WHEN 2 THEN PERFORM boundary_run('SELECT boundary_frames(''SELECT no_such_column'')');
        ELSE PERFORM boundary_try('SELECT 1/0'); RAISE EXCEPTION 'ours';
      END CASE;
    EXCEPTION WHEN others THEN NULL;
    END;
  END LOOP;
END $$;
CALL fail_often(2000);  -- fills caches
SELECT contexts, resident, alive FROM boundary_memory(), boundary_live_objects() \gset before_
CALL fail_often(20000);
SELECT contexts - :before_contexts AS contexts, resident - :before_resident AS resident, alive - :before_alive AS alive
  FROM boundary_memory(), boundary_live_objects() \gset grown_
SELECT :grown_contexts < 1000000 AS contexts_are_flat, :grown_resident < 1000000 AS process_is_flat,
  :grown_alive AS left_alive;
-- for whoever looks into a failure: \echo :grown_contexts :grown_resident
