#include "pg/fixed_text.hpp"

#include "pg/text.hpp"

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

FixedSettings::FixedSettings() : exceptions_(std::uncaught_exceptions()) {
    static constexpr const char *settings[][2] = {
        {"DateStyle", "ISO, YMD"}, {"IntervalStyle", "iso_8601"},
        {"TimeZone", "UTC"},       {"extra_float_digits", "1"},
        {"bytea_output", "hex"},   {"xmlbinary", "base64"},
        {"lc_monetary", "C"},      {"search_path", "pg_catalog, pg_temp"},
    };
    level_ = pg_call([] {
        int level = NewGUCNestLevel();
        for (const auto &setting : settings)
            (void)set_config_option(setting[0], setting[1], PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true,
                                    0, false);
        return level;
    });
}

FixedSettings::~FixedSettings() {
    if (std::uncaught_exceptions() == exceptions_) AtEOXact_GUC(false, level_);
}

std::string_view fixed_text(Oid type, Datum value) {
    if (has_one_text(base_of(type))) return output_view(type, value);
    FixedSettings fixed;
    return output_view(type, value);
}

}  // namespace retry_ledger::pg
