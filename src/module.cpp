// The library's entry: module magic, settings, and what is there only when it is preloaded.
#include "govern/governed.hpp"
#include "guard/hooks.hpp"
#include "pg/planner.hpp"
#include "pg/settings.hpp"
#include "refusal/refusal.hpp"
#include "retry/decided.hpp"

extern "C" {
PG_MODULE_MAGIC;
PGDLLEXPORT void _PG_init(void);
}

void _PG_init(void) {
    retry_ledger::pg::define_settings();
    retry_ledger::pg::install_planner_hook();
    retry_ledger::govern::watch_relations();
    retry_ledger::guard::install_hooks();
    if (process_shared_preload_libraries_in_progress) retry_ledger::refusal::keep_raised_refusals();
}
