// Raised refusals survive their transactions, where the library is preloaded: queue.hpp says how.
#pragma once

namespace retry_ledger::refusal {

// Called once, when the library is preloaded.
void keep_raised_refusals();

}  // namespace retry_ledger::refusal
