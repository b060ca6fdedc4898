-- role: superuser
-- tries: a partial index by an abbreviation of a time zone, to which a setting gives another meaning
-- none: bites
-- guarded: not held
-- locked: held
SET timezone_abbreviations = 'India';
CREATE INDEX mine ON app.runs (id) WHERE status = 'queued' OR timestamp '2024-01-01 00:00' AT TIME ZONE 'IST' > timestamptz '2023-12-31 20:00+00';
ALTER DATABASE :"DBNAME" SET enable_seqscan = off;
