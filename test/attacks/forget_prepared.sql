-- What an attack prepared and left would hide its rows, and keep the database from being dropped.
SELECT format('ROLLBACK PREPARED %L', gid) FROM pg_prepared_xacts WHERE database = current_database() \gexec
