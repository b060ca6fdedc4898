// The library's entry: module magic and settings.
#include "govern/governed.hpp"
#include "guard/hooks.hpp"
#include "pg/settings.hpp"
#include "retry/decided.hpp"

extern "C" {
PG_MODULE_MAGIC;
PGDLLEXPORT void _PG_init(void);
}

void _PG_init(void) {
    retry_ledger::pg::define_settings();
    retry_ledger::govern::watch_relations();
    retry_ledger::guard::install_hooks();
}
