-- role: owner
-- tries: the domain of a key whose check acts as whoever reads a key
-- none: harmless
-- guarded: held
-- locked: held
CREATE TABLE public.seen (who text);
GRANT INSERT ON public.seen TO PUBLIC;
CREATE FUNCTION public.told(text) RETURNS boolean LANGUAGE plpgsql AS $$BEGIN INSERT INTO public.seen VALUES (current_user); RETURN true; END$$;
CREATE DOMAIN public.key AS text CHECK (public.told(VALUE));
CREATE TABLE keyed (id public.key PRIMARY KEY, status text);
SELECT govern_runs('keyed');
INSERT INTO keyed (id, status) VALUES ('a', 'queued');
UPDATE keyed SET status = 'failed';
SELECT retry_run('a', run_table => 'keyed', new_run_id => 'b');
SELECT count(*) FROM retry_history;
SELECT retry_lineage('a', run_table => 'keyed');
SELECT verify_installation('keyed');
SELECT govern_runs('keyed');
DO $$ BEGIN IF EXISTS (SELECT FROM public.seen WHERE who NOT LIKE 'attack%') THEN
  RAISE EXCEPTION SQLSTATE '22P99' USING MESSAGE = 'ran as somebody else'; END IF; END $$;
