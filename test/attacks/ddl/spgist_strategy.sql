-- role: superuser
-- tries: operator classes of nothing but what is built in, put together wrongly: 5 is another comparison to SP-GiST
-- none: bites
-- guarded: not held
-- locked: held
-- errors: 42704
CREATE OPERATOR CLASS public.lie FOR TYPE text USING spgist AS OPERATOR 5 = (text, text),
  FUNCTION 1 spg_text_config(internal, internal), FUNCTION 2 spg_text_choose(internal, internal), FUNCTION 3 spg_text_picksplit(internal, internal),
  FUNCTION 4 spg_text_inner_consistent(internal, internal), FUNCTION 5 spg_text_leaf_consistent(internal, internal);
CREATE INDEX ON app.runs USING spgist (status public.lie);
CREATE INDEX ON app.tenant_runs USING spgist (status public.lie);
ALTER DATABASE :"DBNAME" SET enable_seqscan = off;
\c
DO $$BEGIN IF EXISTS (SELECT FROM (SELECT status FROM app.runs WHERE status = 'failed' OFFSET 0) r WHERE format('%s', status) <> 'failed')
  THEN REVOKE SELECT ON app.log FROM attack_app; END IF; END$$;
