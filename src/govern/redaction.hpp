// A redaction of a run, and the retries that are made of it at the same time.  The link of a retry keeps the
// error of the run that it retries: one of the two waits for the other.
#pragma once

#include "pg/lock.hpp"

namespace retry_ledger::govern {

// Until the transaction ends no other one redacts the run; this waits for one that does.
void hold_off_redaction(const pg::Home &home, std::string_view table, std::string_view run_key);

// Waits for all retries that are being made of the run, and lets none be made until the transaction ends.
void hold_off_retries(const pg::Home &home, std::string_view table, std::string_view run_key);

}  // namespace retry_ledger::govern
