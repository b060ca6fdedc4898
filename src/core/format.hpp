// Building text with fmt, at one place.
//
// fmt is compiled in once, in format.cpp: its implementation, as a header of every file, was a quarter of a
// build's time.
#pragma once

#if __has_include(<fmt/base.h>)  // fmt 11, where core.h is everything
#include <fmt/base.h>
#else
#include <fmt/core.h>
#endif

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
