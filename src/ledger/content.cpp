// Rows as canonical bytes.
//
// Why by type: row::text, to_jsonb and textsend vary with settings and client encoding, and a hash must be
// the same in ten years on another machine.  Common types are written from their binary value; the rest as
// their output function writes them under fixed settings.
#include "ledger/content.hpp"

#include "pg/text.hpp"

namespace retry_ledger::ledger {

namespace {

using core::encode_int64;
using core::Field;
using core::Tag;

std::string utf8(std::string_view text) {
    struct Span {
        const char *data;
        size_t size;
    };
    Span span = pg::pg_call([&] {
        char *converted = pg_server_to_any(text.data(), static_cast<int>(text.size()), PG_UTF8);
        return Span{converted, converted == text.data() ? text.size() : strlen(converted)};
    });
    return {span.data, span.size};
}

// What output functions heed, fixed for the time of a scope.
class FixedSettings {
public:
    FixedSettings() : exceptions_(std::uncaught_exceptions()) {
        static constexpr const char *settings[][2] = {
            {"DateStyle", "ISO, YMD"}, {"IntervalStyle", "iso_8601"},
            {"TimeZone", "UTC"},       {"extra_float_digits", "1"},
            {"bytea_output", "hex"},   {"xmlbinary", "base64"},
            {"lc_monetary", "C"},      {"search_path", "pg_catalog, pg_temp"},
        };
        level_ = pg::pg_call([] {
            int level = NewGUCNestLevel();
            for (const auto &setting : settings)
                (void)set_config_option(setting[0], setting[1], PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
                                        true, 0, false);
            return level;
        });
    }
    ~FixedSettings() {
        if (std::uncaught_exceptions() == exceptions_) AtEOXact_GUC(false, level_);
    }

private:
    int exceptions_, level_;
};

std::string other_text(Oid type, Datum value) {
    FixedSettings fixed;
    return utf8(pg::output_text(type, value));
}

Field encode(Oid type, Datum value) {
    switch (type) {
        case BOOLOID:
            return {"", Tag::boolean, std::string(1, DatumGetBool(value) ? '\1' : '\0')};
        case INT2OID:
            return {"", Tag::integer, encode_int64(DatumGetInt16(value))};
        case INT4OID:
            return {"", Tag::integer, encode_int64(DatumGetInt32(value))};
        case INT8OID:
            return {"", Tag::integer, encode_int64(DatumGetInt64(value))};
        case FLOAT4OID:
            return {"", Tag::floating, core::encode_float64(DatumGetFloat4(value))};
        case FLOAT8OID:
            return {"", Tag::floating, core::encode_float64(DatumGetFloat8(value))};
        case TEXTOID:
        case VARCHAROID:
        case BPCHAROID:
            return {"", Tag::text, utf8(pg::varlena_view(value))};
        case JSONOID:
            return {"", Tag::json, utf8(pg::varlena_view(value))};
        case JSONBOID:
            return {"", Tag::json, utf8(pg::output_text(type, value))};
        case NUMERICOID:
            return {"", Tag::numeric, pg::output_text(type, value)};
        case NAMEOID:
            return {"", Tag::text, utf8(NameStr(*DatumGetName(value)))};
        case BYTEAOID:
            return {"", Tag::bytes, std::string(pg::varlena_view(value))};
        case UUIDOID:
            return {"", Tag::uuid,
                    std::string(reinterpret_cast<char *>(DatumGetUUIDP(value)->data), UUID_LEN)};
        case TIMESTAMPTZOID:
            return {"", Tag::timestamptz, encode_int64(DatumGetTimestampTz(value))};
        case TIMESTAMPOID:
            return {"", Tag::timestamp, encode_int64(DatumGetTimestamp(value))};
        case DATEOID:
            return {"", Tag::date, encode_int64(DatumGetDateADT(value))};
        case TIMEOID:
            return {"", Tag::time, encode_int64(DatumGetTimeADT(value))};
        case XID8OID:  // its text is digits under any settings: no need to fix them
            return {"", Tag::other, pg::output_text(type, value)};
        default:
            break;
    }
    bool is_enum = pg::pg_call([&] { return get_typtype(type) == TYPTYPE_ENUM; });
    if (is_enum) return {"", Tag::text, utf8(pg::output_text(type, value))};
    return {"", Tag::other, other_text(type, value)};
}

// Fields that aren't stored have nothing to hash.
bool is_stored(const FormData_pg_attribute &attribute) {
    return !attribute.attisdropped &&
           (attribute.attgenerated == '\0' || attribute.attgenerated == ATTRIBUTE_GENERATED_STORED);
}

// PostgreSQL's own types aren't domains: no need to look them up for each field of each row.
Oid base_type(Oid type) {
    if (type < FirstUnpinnedObjectId) return type;
    return pg::pg_call([&] { return getBaseType(type); });
}

}  // namespace

std::string row_bytes(const char *domain, TupleDesc descriptor, const Datum *values, const bool *nulls,
                      const char *except) {
    std::vector<Field> fields;
    fields.reserve(descriptor->natts);
    for (int i = 0; i < descriptor->natts; i++) {
        const FormData_pg_attribute &attribute = *TupleDescAttr(descriptor, i);
        if (nulls[i] || !is_stored(attribute)) continue;
        const char *name = NameStr(attribute.attname);
        if (except != nullptr && strcmp(name, except) == 0) continue;
        Oid type = base_type(attribute.atttypid);
        Field field = encode(type, values[i]);
        field.name = utf8(name);
        fields.push_back(std::move(field));
    }
    return core::canonical_bytes(domain, 1, fields);
}

}  // namespace retry_ledger::ledger
