-- role: app
-- tries: a hand-written retry with inputs and a profile that the policy does not allow
-- none: bites
-- guarded: held
-- locked: held
INSERT INTO runs (id, tenant_id, status, parent_run_id, profile, amount, score, doc, spots, big, customer_id, tag)
  SELECT 90, 't1', 'queued', id, 'huge', amount, score, doc, spots, big, customer_id, tag FROM runs WHERE id = 2;
INSERT INTO runs (id, tenant_id, status, parent_run_id, profile, amount, score, doc, spots, big, customer_id, tag)
  SELECT 91, 't1', 'queued', id, profile, 1000000, score, doc, spots, big, customer_id, tag FROM runs WHERE id = 2;
