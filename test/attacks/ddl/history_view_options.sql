-- role: owner
-- tries: to let everybody read the history as the view's owner, and as a role whose policies hide rows
-- none: harmless
-- guarded: held
-- locked: held
ALTER VIEW app.runs_retry_history RESET (security_invoker);
ALTER VIEW app.day_runs_retry_history SET (security_invoker = false);
ALTER VIEW app.tenant_runs_retry_history SET (security_invoker = false, security_barrier = true);
