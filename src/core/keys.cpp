#include "core/keys.hpp"

#include <charconv>
#include <cstdint>
#include <limits>

namespace retry_ledger::core {

namespace {

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view space = " \t\n\r\f\v";
    size_t first = text.find_first_not_of(space);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(space) - first + 1);
}

bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// As PostgreSQL reads them: 32 hex digits, a hyphen allowed after each four, braces allowed around.
bool is_uuid(std::string_view text) {
    if (text.size() >= 2 && text.front() == '{' && text.back() == '}') text = text.substr(1, text.size() - 2);
    int digits = 0;
    for (size_t i = 0; i < text.size(); i++) {
        if (is_hex(text[i]))
            digits++;
        else if (text[i] != '-' || digits == 0 || digits % 4 != 0 || digits == 32 || text[i - 1] == '-')
            return false;
    }
    return digits == 32;
}

template <class Integer>
bool is_integer(std::string_view text) {
    text = trimmed(text);
    if (!text.empty() && text.front() == '+') text.remove_prefix(1);
    Integer value;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

bool can_be_key(KeyType type, std::string_view text) {
    switch (type) {
        case KeyType::uuid:
            return is_uuid(text);
        case KeyType::int2:
            return is_integer<std::int16_t>(text);
        case KeyType::int4:
            return is_integer<std::int32_t>(text);
        case KeyType::int8:
            return is_integer<std::int64_t>(text);
        case KeyType::text:
            return true;
    }
    return false;
}

std::string shortened(std::string_view text) {
    constexpr size_t limit = 100;
    if (text.size() <= limit) return std::string(text);
    size_t end = limit;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) end--;
    return std::string(text.substr(0, end)) + "...";
}

}  // namespace retry_ledger::core
