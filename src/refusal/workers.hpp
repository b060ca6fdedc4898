// The background workers: one launcher for the server, one writer for each database that has something to
// write.
#pragma once

#include "pg/postgres.hpp"

namespace retry_ledger::refusal {

// In the postmaster, when the library is preloaded.
void register_launcher();

// False: no background worker is to be had now.
bool start_writer(Oid database);

// Waits until the latch is set, or for `milliseconds` if that isn't -1.  Leaves the process when it is told
// to, or when the postmaster is gone.  False: the time is up.
bool wait_for_work(long milliseconds);

}  // namespace retry_ledger::refusal
