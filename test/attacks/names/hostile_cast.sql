-- role: owner
-- tries: a cast from its own enum to text that acts as whoever uses it
-- none: bites
-- guarded: held
-- locked: held
CREATE TABLE public.seen (who text);
GRANT INSERT ON public.seen TO PUBLIC;
CREATE FUNCTION public.labelled(app.run_status) RETURNS text LANGUAGE plpgsql AS $$
BEGIN INSERT INTO public.seen VALUES (current_user); RETURN 'queued'; END $$;
CREATE CAST (app.run_status AS text) WITH FUNCTION public.labelled(app.run_status) AS IMPLICIT;
UPDATE day_runs SET error = 'x' WHERE id = 1;
UPDATE day_runs SET status = 'failed' WHERE id = 3;
SELECT * FROM retry_run(1, run_table => 'day_runs', new_run_id => '90');
SELECT * FROM govern_runs('day_runs', id_column => 'id');
SELECT * FROM verify_installation('day_runs');
SELECT * FROM retry_lineage(2, run_table => 'day_runs');
SELECT count(*) FROM retry_history;
DO $$ BEGIN IF EXISTS (SELECT FROM public.seen WHERE who NOT LIKE 'attack%') THEN
  RAISE EXCEPTION SQLSTATE '22P99' USING MESSAGE = 'ran as somebody else'; END IF; END $$;
