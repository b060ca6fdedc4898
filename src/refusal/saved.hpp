// What waits when the server stops is kept until it starts again, as pg_stat_statements keeps its figures.
#pragma once

namespace retry_ledger::refusal {

// In the postmaster (or single-user mode), once the queue's memory is there: takes up what was kept, and sees
// to it that what waits at the end is kept again.  A crash loses what waits: the memory can't be trusted.
void keep_over_restarts();

}  // namespace retry_ledger::refusal
