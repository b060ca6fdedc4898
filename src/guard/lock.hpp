// Level locked: only a server that preloads the library holds it, so only such a server takes writes.
#pragma once

#include "pg/error.hpp"

namespace retry_ledger::govern {
struct Governed;
}

namespace retry_ledger::guard {

// Called once, when the library is loaded.
void note_preload();

// Whether every session of this server has the library from its start (shared_preload_libraries).
bool is_preloaded();

// Refuses writes of a locked table where the library isn't preloaded.
void require_lock(const govern::Governed &table);

}  // namespace retry_ledger::guard
