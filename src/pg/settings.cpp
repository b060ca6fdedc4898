#include "pg/settings.hpp"

namespace retry_ledger::pg {

namespace {

char *actor = nullptr;

// Each ledger entry carries it: a name, not a document.
bool check_actor(char **value, void **, GucSource) {
    constexpr size_t limit = 256;
    if (*value == nullptr || strlen(*value) <= limit) return true;
    GUC_check_errdetail("It may have %zu bytes.", limit);
    return false;
}

}  // namespace

void define_settings() {
    DefineCustomStringVariable(
        "retry_ledger.actor",
        "Names whom the application acts for; kept on the ledger as a claim, never trusted.", nullptr, &actor,
        "", PGC_USERSET, 0, check_actor, nullptr, nullptr);
    MarkGUCPrefixReserved("retry_ledger");
}

const char *claimed_actor() {
    return actor != nullptr && actor[0] != '\0' ? actor : nullptr;
}

}  // namespace retry_ledger::pg
