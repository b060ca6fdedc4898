#include "pg/fixed_text.hpp"

namespace retry_ledger::pg {

namespace {

// Types, PostgreSQL's own and beneath domains, whose text is the same under any settings.
bool has_one_text(Oid type) {
    switch (type) {
        case BOOLOID:
        case INT2OID:
        case INT4OID:
        case INT8OID:
        case TEXTOID:
        case VARCHAROID:
        case BPCHAROID:
        case NAMEOID:
        case UUIDOID:
        case NUMERICOID:
        case JSONOID:
        case JSONBOID:
        case XID8OID:
            return true;
        default:
            return type >= FirstUnpinnedObjectId &&
                   pg_call([&] { return get_typtype(type) == TYPTYPE_ENUM; });
    }
}

// PostgreSQL's own types aren't domains: no need to look them up for each value.
Oid base_of(Oid type) {
    return type < FirstUnpinnedObjectId ? type : pg_call([&] { return getBaseType(type); });
}

}  // namespace

FixedSettings::FixedSettings() {
    static constexpr const char *settings[][2] = {
        {"DateStyle", "ISO, YMD"}, {"IntervalStyle", "iso_8601"},
        {"TimeZone", "UTC"},       {"extra_float_digits", "1"},
        {"bytea_output", "hex"},   {"xmlbinary", "base64"},
        {"lc_monetary", "C"},      {"search_path", "pg_catalog, pg_temp"},
    };
    for (const auto &[name, value] : settings) set(name, value);
}

std::string_view fixed_text(Oid type, Datum value) {
    if (has_one_text(base_of(type))) return output_view(type, value);
    FixedSettings fixed;
    return output_view(type, value);
}

}  // namespace retry_ledger::pg
