#include "work/void_effects.hpp"

namespace retry_ledger::work {

std::optional<pg::Error> void_effects(const pg::Home &, govern::Governed &, const std::string &,
                                      const std::string &) {
    return std::nullopt;
}

}  // namespace retry_ledger::work
