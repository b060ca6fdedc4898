#include "core/canonical.hpp"

#include <algorithm>
#include <cstring>

namespace retry_ledger::core {

namespace {

template <class Integer>
void append_network_order(std::string &out, Integer value) {
    for (int shift = (sizeof(Integer) - 1) * 8; shift >= 0; shift -= 8)
        out += static_cast<char>(value >> shift & 0xff);
}

void append_short(std::string &out, std::string_view text) {
    append_network_order(out, static_cast<std::uint32_t>(text.size()));
    out += text;
}

}  // namespace

std::string encode_int64(std::int64_t value) {
    std::string out;
    append_network_order(out, static_cast<std::uint64_t>(value));
    return out;
}

std::string encode_float64(double value) {
    std::uint64_t bits;
    static_assert(sizeof bits == sizeof value);
    std::memcpy(&bits, &value, sizeof bits);
    return encode_int64(static_cast<std::int64_t>(bits));
}

std::string encode_list(const std::vector<std::string> &items) {
    std::string out;
    append_network_order(out, static_cast<std::uint32_t>(items.size()));
    for (const std::string &item : items) append_short(out, item);
    return out;
}

std::string canonical_bytes(std::string_view domain, std::uint32_t version,
                            const std::vector<Field> &fields) {
    std::vector<const Field *> sorted;  // pointers move faster than fields do
    size_t size = domain.size() + 8;
    for (const Field &field : fields) {
        sorted.push_back(&field);
        size += field.name.size() + field.value.size() + 13;
    }
    std::sort(sorted.begin(), sorted.end(), [](const Field *a, const Field *b) { return a->name < b->name; });
    std::string out;
    out.reserve(size);
    append_short(out, domain);
    append_network_order(out, version);
    for (const Field *field : sorted) {
        append_short(out, field->name);
        out += static_cast<char>(field->tag);
        append_network_order(out, static_cast<std::uint64_t>(field->value.size()));
        out += field->value;
    }
    return out;
}

}  // namespace retry_ledger::core
