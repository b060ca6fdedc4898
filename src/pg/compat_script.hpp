// At which level the script of an extension runs, as each PostgreSQL has it.  Beside compat.hpp, because one
// file asks and everything is compiled with that one.
#pragma once

#include "pg/compat.hpp"

namespace retry_ledger::pg::compat {

// Whether what runs is at the level of the script that a command executes, which began at `began`: nothing in
// between has added an error context, as SPI, functions in SQL and procedural languages do.
inline bool is_at_script_level(const ErrorContextCallback *began) {
#if PG_VERSION_NUM >= 180000
    return error_context_stack != nullptr && error_context_stack->previous == began;
#else
    return error_context_stack == began;
#endif
}

}  // namespace retry_ledger::pg::compat
