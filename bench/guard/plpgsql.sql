-- The guards that an application writes for itself in PL/pgSQL: no ended run changes, lineage stays, a run is
-- born in its first status.
CREATE FUNCTION refuse_mutation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.status IN ('completed', 'failed') THEN
    RAISE EXCEPTION 'PB-S1 VIOLATION: Cannot mutate completed/failed worker_run' USING ERRCODE = '23R01';
  END IF;
  IF NEW.id <> OLD.id OR NEW.tenant_id <> OLD.tenant_id OR NEW.attempt <> OLD.attempt
     OR NEW.is_retry <> OLD.is_retry OR NEW.parent_run_id IS DISTINCT FROM OLD.parent_run_id THEN
    RAISE EXCEPTION 'LINEAGE_VIOLATION: lineage never changes' USING ERRCODE = '23R01';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION check_birth() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  parent record;
BEGIN
  IF NEW.status <> 'queued' THEN
    RAISE EXCEPTION 'BIRTH_VIOLATION: a run is born queued' USING ERRCODE = '23R01';
  END IF;
  IF NEW.parent_run_id IS NULL THEN
    NEW.attempt := 1;
  ELSE
    EXECUTE format('SELECT status, attempt FROM %I WHERE id = $1', TG_TABLE_NAME)
      INTO parent USING NEW.parent_run_id;
    IF parent.status IS DISTINCT FROM 'failed' THEN
      RAISE EXCEPTION 'BIRTH_VIOLATION: only a failed run is retried' USING ERRCODE = '23R01';
    END IF;
    NEW.attempt := parent.attempt + 1;
  END IF;
  NEW.is_retry := NEW.attempt > 1;
  RETURN NEW;
END $$;
