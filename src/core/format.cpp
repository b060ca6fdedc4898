#define FMT_HEADER_ONLY  // here fmt's own functions come in, and nowhere else
#include "core/format.hpp"

#include <fmt/format.h>

namespace retry_ledger::core {

std::string vformat(fmt::string_view pattern, fmt::format_args arguments) {
    return fmt::vformat(pattern, arguments);
}

std::string hex(std::string_view bytes) {
    std::string text;
    for (unsigned char byte : bytes) text += core::format("{:02x}", byte);
    return text;
}

}  // namespace retry_ledger::core
