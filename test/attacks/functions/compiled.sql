-- role: superuser
-- tries: to have functions in C called with what they weren't made for, without declaring any: by the state of an aggregate, planner support, operator classes, subscripts, languages, text search; the session's memory, where hooks are, is read and written by them
-- none: bites
-- guarded: not held
-- locked: held
-- setup: CREATE EXTENSION citext SCHEMA public; CREATE EXTENSION hstore SCHEMA public
CREATE SCHEMA mine;
CREATE AGGREGATE mine.state(int8) (SFUNC = array_agg_transfn, STYPE = 'internal', FINALFUNC = numeric_poly_sum);
CREATE AGGREGATE mine.moving(numeric) (SFUNC = numeric_add, STYPE = numeric, MSFUNC = numeric_avg_accum, MINVFUNC = numeric_accum_inv, MSTYPE = 'internal', MFINALFUNC = numeric_sum);
CREATE FUNCTION mine.peek(int8, int4, bool) RETURNS uuid LANGUAGE plpgsql SUPPORT pg_catalog.varchar_support AS 'BEGIN RETURN NULL; END';
CREATE FUNCTION mine.later(int8, int4, bool) RETURNS uuid LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
ALTER FUNCTION mine.later SUPPORT pg_catalog.varchar_support;
CREATE TYPE mine.pair AS (a text);
CREATE FUNCTION mine.eq(mine.pair, mine.pair) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE OPERATOR mine.=== (LEFTARG = mine.pair, RIGHTARG = mine.pair, FUNCTION = mine.eq, HASHES);
CREATE OPERATOR CLASS mine.hash DEFAULT FOR TYPE mine.pair USING hash AS OPERATOR 1 mine.===, FUNCTION 1 (mine.pair, mine.pair) int4up(int4), FUNCTION 2 (mine.pair, mine.pair) gtsquery_union(internal, internal);
CREATE OPERATOR CLASS mine.compared FOR TYPE mine.pair USING btree AS FUNCTION 1 (mine.pair, mine.pair) btnamecmp(name, name);
CREATE OPERATOR CLASS mine.sorted FOR TYPE mine.pair USING btree AS FUNCTION 1 (mine.pair, mine.pair) btrecordcmp(record, record), FUNCTION 2 (mine.pair, mine.pair) bttextsortsupport(internal);
CREATE OPERATOR CLASS mine.stored FOR TYPE public.hstore USING gist FAMILY public.gist_hstore_ops AS STORAGE int8;
ALTER TYPE public.citext SET (SUBSCRIPT = jsonb_subscript_handler);
ALTER TYPE public.citext SET (ANALYZE = ts_typanalyze);
CREATE LANGUAGE mine HANDLER plpgsql_call_handler INLINE dsimple_init;
CREATE TRANSFORM FOR int LANGUAGE plpgsql (FROM SQL WITH FUNCTION varchar_support(internal));
CREATE TEXT SEARCH TEMPLATE mine.template (INIT = dsimple_init, LEXIZE = dsynonym_lexize);
CREATE TEXT SEARCH PARSER mine.parser (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = dsimple_init);
SELECT format('CREATE TABLE app.ran_as_superuser (); -- %s', what) FROM (
    SELECT aggfnoid::text FROM pg_aggregate WHERE 'internal'::regtype IN (aggtranstype, aggmtranstype) AND aggfnoid >= 16384
    UNION ALL SELECT proname FROM pg_proc WHERE prosupport <> 0 AND oid >= 16384
    UNION ALL SELECT opcname FROM pg_opclass WHERE opcnamespace = 'mine'::regnamespace
    UNION ALL SELECT typname FROM pg_type WHERE typname = 'citext' AND (typsubscript <> 0 OR typanalyze <> 0)
    UNION ALL SELECT lanname FROM pg_language WHERE oid >= 16384 UNION ALL SELECT 'transform' FROM pg_transform
    UNION ALL SELECT tmplname FROM pg_ts_template WHERE oid >= 16384 UNION ALL SELECT prsname FROM pg_ts_parser WHERE oid >= 16384) x(what) LIMIT 1 \gexec
