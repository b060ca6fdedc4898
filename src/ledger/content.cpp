// Rows as canonical bytes.
//
// Why by type: row::text, to_jsonb and textsend vary with settings and client encoding, and a hash must be
// the same in ten years on another machine.  Common types are written from their binary value; the rest as
// their output function writes them under fixed settings.
#include "ledger/content.hpp"

#include "pg/fixed_text.hpp"
#include "pg/text.hpp"

namespace retry_ledger::ledger {

namespace {

using core::FieldView;
using core::Tag;

// The text itself where the database is in UTF-8.
std::string_view utf8(std::string_view text) {
    if (GetDatabaseEncoding() == PG_UTF8) return text;
    const char *converted =
        pg::pg_call([&] { return pg_server_to_any(text.data(), static_cast<int>(text.size()), PG_UTF8); });
    return converted == text.data() ? text : std::string_view(converted);
}

std::string_view jsonb_text(Datum value) {
    return pg::pg_call([&] {
        Jsonb *json = DatumGetJsonbP(value);
        return JsonbToCString(nullptr, &json->root, static_cast<int>(VARSIZE(json)));
    });
}

// What the fields of a row are written into, where they aren't written as they stand in the row.
class Numbers {
public:
    explicit Numbers(int count) : bytes_(std::make_unique<char[]>(size * count)) {}
    std::string_view add(int64 value) {
        core::put_int64(next(), value);
        return last();
    }
    std::string_view add_float(double value) {
        core::put_float64(next(), value);
        return last();
    }
    std::string_view add_bool(bool value) { return add(value).substr(size - 1); }

private:
    static constexpr size_t size = 8;
    char *next() { return bytes_.get() + size * used_++; }
    std::string_view last() const { return {bytes_.get() + size * (used_ - 1), size}; }

    std::unique_ptr<char[]> bytes_;
    size_t used_ = 0;
};

// The rest: enums and what has no tag of its own.
FieldView encode_other(Oid type, Datum value) {
    bool is_enum = pg::pg_call([&] { return get_typtype(type) == TYPTYPE_ENUM; });
    return {"", is_enum ? Tag::text : Tag::other, utf8(pg::fixed_text(type, value))};
}

FieldView encode(Oid type, Datum value, Numbers &numbers) {
    switch (type) {
        case BOOLOID:
            return {"", Tag::boolean, numbers.add_bool(DatumGetBool(value))};
        case INT2OID:
            return {"", Tag::integer, numbers.add(DatumGetInt16(value))};
        case INT4OID:
            return {"", Tag::integer, numbers.add(DatumGetInt32(value))};
        case INT8OID:
            return {"", Tag::integer, numbers.add(DatumGetInt64(value))};
        case FLOAT4OID:
            return {"", Tag::floating, numbers.add_float(DatumGetFloat4(value))};
        case FLOAT8OID:
            return {"", Tag::floating, numbers.add_float(DatumGetFloat8(value))};
        case TEXTOID:
        case VARCHAROID:
        case BPCHAROID:
            return {"", Tag::text, utf8(pg::varlena_view(value))};
        case JSONOID:
            return {"", Tag::json, utf8(pg::varlena_view(value))};
        case JSONBOID:
            return {"", Tag::json, utf8(jsonb_text(value))};
        case NUMERICOID:
            return {"", Tag::numeric, pg::fixed_text(type, value)};
        case NAMEOID:
            return {"", Tag::text, utf8(NameStr(*DatumGetName(value)))};
        case BYTEAOID:
            return {"", Tag::bytes, pg::varlena_view(value)};
        case UUIDOID:
            return {"", Tag::uuid, {reinterpret_cast<char *>(DatumGetUUIDP(value)->data), UUID_LEN}};
        case TIMESTAMPTZOID:
            return {"", Tag::timestamptz, numbers.add(DatumGetTimestampTz(value))};
        case TIMESTAMPOID:
            return {"", Tag::timestamp, numbers.add(DatumGetTimestamp(value))};
        case DATEOID:
            return {"", Tag::date, numbers.add(DatumGetDateADT(value))};
        case TIMEOID:
            return {"", Tag::time, numbers.add(DatumGetTimeADT(value))};
        default:
            return encode_other(type, value);
    }
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

// Views of what stands in the row, or was palloced beside it: nothing is copied but into the result.
std::string row_bytes(const char *domain, TupleDesc descriptor, const Datum *values, const bool *nulls,
                      const char *except) {
    Numbers numbers(descriptor->natts);
    std::vector<FieldView> fields;
    fields.reserve(descriptor->natts);
    for (int i = 0; i < descriptor->natts; i++) {
        const FormData_pg_attribute &attribute = *TupleDescAttr(descriptor, i);
        if (nulls[i] || !is_stored(attribute)) continue;
        const char *name = NameStr(attribute.attname);
        if (except != nullptr && strcmp(name, except) == 0) continue;
        FieldView field = encode(base_type(attribute.atttypid), values[i], numbers);
        field.name = utf8(name);
        fields.push_back(field);
    }
    return core::canonical_bytes(domain, 1, std::move(fields));
}

}  // namespace retry_ledger::ledger
