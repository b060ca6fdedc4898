-- role: app
-- tries: plans of other kinds: JIT, forced generic plans, prepared statements from before
-- none: bites
-- guarded: held
-- locked: held
PREPARE change AS UPDATE runs SET error = $1 WHERE id = $2;
PREPARE remove AS DELETE FROM runs WHERE id = $1;
SET plan_cache_mode = force_generic_plan;
SET jit = on;
SET jit_above_cost = 0;
SET jit_inline_above_cost = 0;
EXECUTE change('x', 2);
EXECUTE change('y', 5);
EXECUTE remove(7);
SET enable_indexscan = off;
SET enable_seqscan = off;
EXECUTE change('x', 2);
