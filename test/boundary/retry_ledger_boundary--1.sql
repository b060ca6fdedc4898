-- Functions that fail on purpose.  See boundary.cpp.
CREATE FUNCTION boundary_throw(kind text) RETURNS void
  AS 'MODULE_PATHNAME' LANGUAGE C STRICT;
CREATE FUNCTION boundary_frames(sql text) RETURNS void
  AS 'MODULE_PATHNAME' LANGUAGE C STRICT;
CREATE FUNCTION boundary_live_objects(OUT constructed bigint, OUT alive bigint)
  AS 'MODULE_PATHNAME' LANGUAGE C;
CREATE FUNCTION boundary_run(sql text) RETURNS text
  AS 'MODULE_PATHNAME' LANGUAGE C STRICT;
CREATE FUNCTION boundary_try(sql text, keep boolean DEFAULT true, OUT sqlstate text, OUT message text,
    OUT detail text, OUT hint text, OUT schema_name text, OUT table_name text, OUT column_name text,
    OUT constraint_name text)
  AS 'MODULE_PATHNAME' LANGUAGE C STRICT;
CREATE FUNCTION boundary_location(sql text, OUT file text, OUT function text, OUT context text)
  AS 'MODULE_PATHNAME' LANGUAGE C STRICT;
CREATE FUNCTION boundary_memory(OUT contexts bigint, OUT resident bigint)
  AS 'MODULE_PATHNAME' LANGUAGE C;
CREATE FUNCTION boundary_scopes(sql text) RETURNS text
  AS 'MODULE_PATHNAME' LANGUAGE C STRICT;
CREATE FUNCTION boundary_any(value "any") RETURNS text
  AS 'MODULE_PATHNAME' LANGUAGE C;
