-- role: app
-- tries: COPY FROM: births in ended statuses, and a retry of a run that may not be retried
-- none: bites
-- guarded: held
-- locked: held
COPY runs (id, tenant_id, status) FROM stdin;
91	t1	completed
\.
COPY runs (id, tenant_id, status, parent_run_id, attempt, is_retry) FROM stdin;
92	t1	queued	1	2	t
\.
COPY day_runs (id, day, status) FROM stdin;
93	2024-01-05	failed
\.
