-- role: app
-- tries: to act as the superuser who approves a purge, by an index's function of a table of its own that refers to the runs
-- none: harmless
-- guarded: held
-- locked: held
CREATE TABLE public.watch (id bigint, day date, note text, FOREIGN KEY (id, day) REFERENCES app.day_runs);
GRANT SELECT ON public.watch TO PUBLIC;
CREATE FUNCTION public.evil() RETURNS void LANGUAGE plpgsql AS $$ BEGIN
  IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
    CREATE TABLE app.ran_as_superuser ();
    ALTER EVENT TRIGGER retry_ledger_ddl_start DISABLE;
    ALTER EVENT TRIGGER retry_ledger_ddl_end DISABLE;
    ALTER TABLE app.runs DISABLE TRIGGER ALL;
    UPDATE app.runs SET error = 'forged' WHERE id = 2;
  END IF;
END $$;
CREATE FUNCTION public.imm(text) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM public.evil(); RETURN 1; END $$;
CREATE INDEX ON public.watch ((id + public.imm('x')));
\c - attack_owner
CREATE TABLE app.day_runs_3 PARTITION OF app.day_runs FOR VALUES FROM ('2024-03-01') TO ('2024-04-01');
SELECT count(*) FROM retry_ledger.set_retention('app.day_runs', keep => '1 microsecond', reason => 'why');
SELECT count(*) FROM retry_ledger.purge_governed('app.day_runs_3', 'old');
\c - postgres
SELECT retry_ledger.approve_purge('app.day_runs_3');
SELECT id, error FROM app.runs WHERE id = 2;
