// Lines of the server's log about attempts, if retry_ledger.log_attempts says so.
#pragma once

#include "work/item.hpp"

namespace retry_ledger::work {

void log_start(const Item &item);

// `how`: the status in which it ended, or what became of a lost lease.  A line says `failed` unless the
// status says that the work is done.
void log_end(const Item &item, const std::string &how);

}  // namespace retry_ledger::work
