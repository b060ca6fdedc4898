-- role: owner
-- tries: to hide ended runs from searches of a generated column, by the dictionary that a thesaurus of its configuration names: altered, renamed, another one in its place, or in its schema's
-- none: bites
-- guarded: not held
-- locked: held
-- errors: 42710
-- setup: CREATE SCHEMA words; CREATE TEXT SEARCH DICTIONARY words.sub (TEMPLATE = pg_catalog.simple); ALTER TEXT SEARCH DICTIONARY words.sub OWNER TO attack_owner; ALTER SCHEMA words OWNER TO attack_owner; CREATE TEXT SEARCH DICTIONARY app.thes (TEMPLATE = pg_catalog.thesaurus, DictFile = thesaurus_sample, Dictionary = 'words.sub'); CREATE TEXT SEARCH CONFIGURATION app.stars (COPY = pg_catalog.simple); ALTER TEXT SEARCH CONFIGURATION app.stars ALTER MAPPING FOR asciiword WITH app.thes, pg_catalog.simple; CREATE TABLE app.sky (id bigint PRIMARY KEY, status text, error text, words tsvector GENERATED ALWAYS AS (to_tsvector('app.stars', coalesce(error, ''))) STORED); SELECT retry_ledger.govern_runs('app.sky'); INSERT INTO app.sky VALUES (1, 'queued', 'one supernova'); UPDATE app.sky SET status = 'failed'
ALTER TEXT SEARCH DICTIONARY words.sub (Accept = false);
ALTER TEXT SEARCH DICTIONARY words.sub RENAME TO other;
CREATE TEXT SEARCH DICTIONARY words.sub (TEMPLATE = pg_catalog.snowball, Language = english);
\c - postgres
SELECT 'REVOKE SELECT ON app.log FROM attack_app' WHERE NOT EXISTS (SELECT FROM app.sky WHERE words @@ to_tsquery('app.stars', 'supernova')) \gexec
