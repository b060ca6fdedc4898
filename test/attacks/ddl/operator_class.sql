-- role: superuser
-- tries: a unique index by an operator class of his own instead of the key's, in which nothing equals anything
-- none: bites
-- guarded: held
-- locked: held
-- errors: 42704
CREATE FUNCTION public.never(bigint, bigint) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN 1; END';
CREATE OPERATOR FAMILY public.never USING btree;
CREATE OPERATOR CLASS public.never FOR TYPE bigint USING btree FAMILY public.never AS
  OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 public.never(bigint, bigint);
CREATE UNIQUE INDEX mine ON app.flows (id public.never);
ALTER TABLE app.flows DROP CONSTRAINT flows_pkey CASCADE;
INSERT INTO app.flows (id, status) VALUES (1, 'queued');
