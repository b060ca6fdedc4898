#include "pg/settings.hpp"

namespace retry_ledger::pg {

namespace {

char *actor = nullptr;
bool log_attempts = false;
int queue_size = 0;

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
    DefineCustomBoolVariable("retry_ledger.log_attempts",
                             "Logs each start and end of work, with its ids and how long it took.", nullptr,
                             &log_attempts, false, PGC_SUSET, 0, nullptr, nullptr, nullptr);
    // It sizes shared memory.  A library that isn't preloaded has none, and may not define a setting of the
    // postmaster's; one that stands in the configuration is no mistake there either.
    DefineCustomIntVariable(
        "retry_ledger.refusal_queue_size",
        "Sets how many raised refusals may wait to be written to the ledger; 0 turns that off.",
        "Has an effect if retry_ledger is in shared_preload_libraries.", &queue_size, 1000, 0, 20000,
        process_shared_preload_libraries_in_progress ? PGC_POSTMASTER : PGC_SIGHUP, 0, nullptr, nullptr,
        nullptr);
    MarkGUCPrefixReserved("retry_ledger");
}

const char *claimed_actor() {
    return actor != nullptr && actor[0] != '\0' ? actor : nullptr;
}

int refusal_queue_size() {
    return queue_size;
}

bool logs_attempts() {
    return log_attempts;
}

}  // namespace retry_ledger::pg
