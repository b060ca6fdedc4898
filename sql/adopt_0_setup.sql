-- What the tests of adoption share: roles, and details without digests.
CREATE ROLE regress_adopter;
CREATE ROLE regress_stranger;
GRANT USAGE, CREATE ON SCHEMA public TO regress_adopter;
GRANT USAGE ON SCHEMA retry_ledger TO PUBLIC;
CREATE FUNCTION ad_shown(detail text) RETURNS text LANGUAGE sql
  RETURN regexp_replace(detail, 'digest [0-9a-f]{64}', 'digest …');
