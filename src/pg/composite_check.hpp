// composite_type_mismatch, which the newest minor releases of PostgreSQL have: what is done with a value of a
// composite type that was made before the type was altered, by the same statement.
//
// It is an error, unless a superuser sets it otherwise: then a number may be read as an address, and with it
// the session's memory, where the hooks are.  So it stays an error wherever the library is preloaded.
#pragma once

namespace retry_ledger::pg {

// Called once, when the library is preloaded.
void hold_composite_check();

}  // namespace retry_ledger::pg
