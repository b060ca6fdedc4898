// From the backend that refuses to the queue.
#pragma once

#include "pg/witness.hpp"

namespace retry_ledger::refusal {

// Puts what is being raised, and who asked, into the queue.
void hand_over(const pg::RaisedRefusal &raised) noexcept;

}  // namespace retry_ledger::refusal
