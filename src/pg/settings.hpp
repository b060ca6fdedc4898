// Settings (GUCs) of the extension.
#pragma once

#include "pg/postgres.hpp"

namespace retry_ledger::pg {

void define_settings();

// retry_ledger.actor: who the application says is asking.  Kept on the ledger as a claim.
const char *claimed_actor();

}  // namespace retry_ledger::pg
