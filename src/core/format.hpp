// Building text with fmt, at one place.
//
// fmt is used header-only, so each file that formats would compile all of its machinery again: ten seconds a
// file.  Here only the check of the pattern against its arguments happens in the caller (at compile time);
// the formatting itself is compiled once, in format.cpp.
#pragma once

#include <fmt/core.h>

#include <string>
#include <string_view>

namespace retry_ledger::core {

std::string vformat(fmt::string_view pattern, fmt::format_args arguments);

template <typename... T>
std::string format(fmt::format_string<T...> pattern, T &&...arguments) {
    return core::vformat(pattern, fmt::make_format_args(arguments...));
}

// Two lower-case digits for each byte.
std::string hex(std::string_view bytes);

}  // namespace retry_ledger::core
