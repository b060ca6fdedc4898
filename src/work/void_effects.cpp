#include "work/void_effects.hpp"

#include "credits/credits.hpp"

namespace retry_ledger::work {

std::optional<pg::Error> void_effects(const pg::Home &home, govern::Governed &table,
                                      const std::string &retry_key, const std::string &reason) {
    return credits::try_refund(home, table, retry_key, reason);
}

}  // namespace retry_ledger::work
