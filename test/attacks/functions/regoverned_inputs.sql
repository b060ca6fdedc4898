-- role: owner
-- tries: a retry with a forbidden profile, once the policy's columns are taken out of the inputs
-- none: bites
-- guarded: held
-- locked: held
SELECT count(*) FROM govern_runs('app.runs', outcome_columns => '{profile,amount,score}');
INSERT INTO app.runs (id, parent_run_id, tenant_id, status, note, amount, score, doc, spots, big, customer_id, tag, profile)
  SELECT 202, id, tenant_id, 'queued', note, amount, score, doc, spots, big, customer_id, tag, 'huge' FROM app.runs WHERE id = 2;
