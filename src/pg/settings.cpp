#include "pg/settings.hpp"

namespace retry_ledger::pg {

namespace {
char *actor = nullptr;
}

void define_settings() {
    DefineCustomStringVariable(
        "retry_ledger.actor",
        "Names whom the application acts for; kept on the ledger as a claim, never trusted.", nullptr, &actor,
        "", PGC_USERSET, 0, nullptr, nullptr, nullptr);
    MarkGUCPrefixReserved("retry_ledger");
}

const char *claimed_actor() {
    return actor != nullptr && actor[0] != '\0' ? actor : nullptr;
}

}  // namespace retry_ledger::pg
