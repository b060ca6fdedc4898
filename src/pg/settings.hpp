// Settings (GUCs) of the extension.
#pragma once

#include "pg/postgres.hpp"

namespace retry_ledger::pg {

void define_settings();

// retry_ledger.actor: who the application says is asking.  Kept on the ledger as a claim.
const char *claimed_actor();

// retry_ledger.refusal_queue_size: how many raised refusals may wait to be written to the ledger.
int refusal_queue_size();

// retry_ledger.log_attempts: whether each start and end of work is a line of the server's log.
bool logs_attempts();

}  // namespace retry_ledger::pg
