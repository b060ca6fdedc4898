-- role: owner
-- tries: what a governed column rests on comes to rest on something temporary: a domain by its default, a function by its body, a text search configuration by its dictionary
-- none: bites
-- guarded: held
-- locked: held
CREATE FUNCTION pg_temp.f() RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT 'x' $$;
CREATE TEXT SEARCH DICTIONARY pg_temp.d (TEMPLATE = pg_catalog.simple);
ALTER DOMAIN app.places SET DEFAULT ARRAY[ROW(ROW(pg_temp.f(), '')::app.address, '{}')::app.place];
ALTER TEXT SEARCH CONFIGURATION app.words ALTER MAPPING FOR asciiword WITH pg_temp.d;
CREATE FUNCTION app.upper_of(t text) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT t $$;
CREATE TABLE app.mine (id int PRIMARY KEY, x text, g text GENERATED ALWAYS AS (app.upper_of(x)) STORED);
SELECT count(*) FROM retry_ledger.govern_append_only('app.mine');
CREATE OR REPLACE FUNCTION app.upper_of(t text) RETURNS text IMMUTABLE LANGUAGE sql RETURN t || pg_temp.f();
DISCARD TEMP;
