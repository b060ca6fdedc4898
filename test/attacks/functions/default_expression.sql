-- role: owner
-- tries: defaults, a domain and a constraint of the table that act as whoever makes a retry
-- none: harmless
-- guarded: held
-- locked: held
CREATE TABLE public.seen (who text);
GRANT INSERT ON public.seen TO PUBLIC;
CREATE FUNCTION public.told() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO public.seen VALUES (current_user);
  UPDATE retry_ledger.governed_table SET ended_statuses = '{}';
  RETURN 'told';
EXCEPTION WHEN OTHERS THEN RETURN 'told';
END $$;
CREATE FUNCTION public.fine(text) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN PERFORM public.told(); RETURN true; END';
CREATE TABLE hostile (id int PRIMARY KEY, status text, remark text, CHECK (public.fine(status)));
SELECT govern_runs('hostile');
ALTER TABLE hostile ALTER COLUMN remark SET DEFAULT public.told();
INSERT INTO hostile (id, status) VALUES (1, 'queued');
UPDATE hostile SET status = 'failed';
SELECT retry_run(1, run_table => 'hostile', new_run_id => '2');
SELECT plan_retry(1, run_table => 'hostile');
SELECT verify_installation('hostile');
SELECT govern_runs('hostile');
ALTER TABLE hostile ADD COLUMN more text DEFAULT public.told();
DO $$ BEGIN IF EXISTS (SELECT FROM public.seen WHERE who NOT LIKE 'attack%') THEN
  RAISE EXCEPTION SQLSTATE '22P99' USING MESSAGE = 'ran as somebody else'; END IF; END $$;
