#include "core/canonical.hpp"

#include <algorithm>
#include <cstring>

namespace retry_ledger::core {

namespace {

template <class Integer>
void put_network_order(char *out, Integer value) {
    for (size_t i = sizeof(Integer); i-- > 0; value >>= 8) out[i] = static_cast<char>(value & 0xff);
}

template <class Integer>
void append_network_order(std::string &out, Integer value) {
    char bytes[sizeof(Integer)];
    put_network_order(bytes, value);
    out.append(bytes, sizeof bytes);
}

void append_short(std::string &out, std::string_view text) {
    append_network_order(out, static_cast<std::uint32_t>(text.size()));
    out += text;
}

}  // namespace

void put_int64(char *out, std::int64_t value) {
    put_network_order(out, static_cast<std::uint64_t>(value));
}

std::string encode_int64(std::int64_t value) {
    char bytes[sizeof value];
    put_int64(bytes, value);
    return {bytes, sizeof bytes};
}

void put_float64(char *out, double value) {
    std::uint64_t bits;
    static_assert(sizeof bits == sizeof value);
    std::memcpy(&bits, &value, sizeof bits);
    put_network_order(out, bits);
}

std::string encode_list(const std::vector<std::string> &items) {
    std::string out;
    append_network_order(out, static_cast<std::uint32_t>(items.size()));
    for (const std::string &item : items) append_short(out, item);
    return out;
}

std::string canonical_bytes(std::string_view domain, std::uint32_t version, std::vector<FieldView> fields) {
    std::sort(fields.begin(), fields.end(),
              [](const FieldView &a, const FieldView &b) { return a.name < b.name; });
    size_t size = domain.size() + 8;
    for (const FieldView &field : fields) size += field.name.size() + field.value.size() + 13;
    std::string out;
    out.reserve(size);
    append_short(out, domain);
    append_network_order(out, version);
    for (const FieldView &field : fields) {
        append_short(out, field.name);
        out += static_cast<char>(field.tag);
        append_network_order(out, static_cast<std::uint64_t>(field.value.size()));
        out += field.value;
    }
    return out;
}

std::string canonical_bytes(std::string_view domain, std::uint32_t version,
                            const std::vector<Field> &fields) {
    std::vector<FieldView> views;
    views.reserve(fields.size());
    for (const Field &field : fields) views.push_back({field.name, field.tag, field.value});
    return canonical_bytes(domain, version, std::move(views));
}

}  // namespace retry_ledger::core
