-- Whoever may use the database may call us; what a call may do is decided by table privileges, row level
-- security and the policy's role lists.  Our own tables are granted to nobody.
GRANT USAGE ON SCHEMA @extschema@ TO PUBLIC;
