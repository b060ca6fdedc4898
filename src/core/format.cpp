#include "core/format.hpp"

#include <fmt/format.h>

namespace retry_ledger::core {

std::string vformat(fmt::string_view pattern, fmt::format_args arguments) {
    return fmt::vformat(pattern, arguments);
}

}  // namespace retry_ledger::core
