-- Roles of the attackers, once for each server.  What each may do is as much as an application could reasonably be
-- given: an attack that fails for want of a privilege shows nothing.
CREATE ROLE attack_owner LOGIN;                                  -- owns the application's schema and tables
CREATE ROLE attack_second LOGIN IN ROLE attack_owner;            -- another role of the same application
CREATE ROLE attack_app LOGIN;                                    -- every table privilege there is, TRIGGER included
CREATE ROLE attack_writer LOGIN IN ROLE pg_read_all_data, pg_write_all_data;
CREATE ROLE attack_dba LOGIN CREATEROLE;                         -- owns the database
CREATE ROLE attack_tenant LOGIN;                                 -- sees one tenant's rows
