-- role: owner
-- tries: a policy of row level security that acts as whoever reads the table, in the middle of a retry
-- none: bites
-- guarded: held
-- locked: held
CREATE TABLE public.seen (who text);
GRANT INSERT ON public.seen TO PUBLIC;
CREATE FUNCTION public.told(text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO public.seen VALUES (current_user);
  UPDATE app.runs SET error = 'x' WHERE id = 2;
  RETURN true;
EXCEPTION WHEN OTHERS THEN RETURN true;
END $$;
CREATE TABLE watched (id int PRIMARY KEY, status text);
ALTER TABLE watched ENABLE ROW LEVEL SECURITY;
CREATE POLICY told ON watched USING (public.told(status));
SELECT govern_runs('watched');
ALTER TABLE watched FORCE ROW LEVEL SECURITY;
INSERT INTO watched (id, status) VALUES (1, 'queued');
UPDATE watched SET status = 'failed';
SELECT retry_run(1, run_table => 'watched', new_run_id => '2');
SELECT count(*) FROM retry_history;
SELECT retry_lineage(1, run_table => 'watched');
SELECT verify_installation('watched');
DO $$ BEGIN IF EXISTS (SELECT FROM public.seen WHERE who NOT LIKE 'attack%') THEN
  RAISE EXCEPTION SQLSTATE '22P99' USING MESSAGE = 'ran as somebody else'; END IF; END $$;
