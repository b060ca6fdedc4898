-- role: app
-- tries: to swallow refusals in blocks with exception handlers and go on
-- none: bites
-- guarded: held
-- locked: held
DO $$
BEGIN
  FOR i IN 1..5 LOOP
    BEGIN
      UPDATE app.runs SET error = 'round ' || i WHERE id = 2;
      DELETE FROM app.runs WHERE id = 7;
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
  END LOOP;
  UPDATE app.runs SET note = 'x' WHERE id = 5;
END $$;
