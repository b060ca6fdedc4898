// Canonical bytes: what is hashed, the same on every machine, in every encoding, under every setting.
//
//   u32 length, domain | u32 format version | for each field, in byte order of names:
//   u32 length, name | u8 type tag | u64 length, value
//
// Integers in network order.  Fields without a value (SQL NULL) are left out, so that a nullable column added
// later changes no hash.  doc/formats.md is the reference.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace retry_ledger::core {

enum class Tag : char {
    boolean = 'b',   // 1 byte, 0 or 1
    integer = 'i',   // int64
    floating = 'f',  // IEEE 754 binary64
    text = 't',      // UTF-8; enums by label
    bytes = 'x',
    uuid = 'u',         // 16 bytes
    timestamptz = 'T',  // int64, microseconds since 2000-01-01 00:00 UTC
    timestamp = 's',    // int64, microseconds since 2000-01-01 00:00
    date = 'd',         // int64, days since 2000-01-01
    time = 'c',         // int64, microseconds since midnight
    numeric = 'n',      // its digits as text, scale kept
    json = 'j',         // json as written; jsonb as PostgreSQL prints it
    list = 'l',         // u32 count, then u32 length, text for each
    other = 'o',        // the type's own text form under fixed settings
};

struct Field {
    std::string name;
    Tag tag;
    std::string value;
};

// The same, its parts standing elsewhere.
struct FieldView {
    std::string_view name;
    Tag tag;
    std::string_view value;
};

// 8 bytes.
void put_int64(char *out, std::int64_t value);
void put_float64(char *out, double value);
std::string encode_int64(std::int64_t value);
std::string encode_list(const std::vector<std::string> &items);

// The fields in any order.
std::string canonical_bytes(std::string_view domain, std::uint32_t version, std::vector<FieldView> fields);
std::string canonical_bytes(std::string_view domain, std::uint32_t version, const std::vector<Field> &fields);

}  // namespace retry_ledger::core
