#include "pg/text.hpp"

namespace retry_ledger::pg {

std::string_view varlena_view(Datum datum) {
    struct varlena *value = pg_call(
        [&] { return pg_detoast_datum_packed(reinterpret_cast<struct varlena *>(DatumGetPointer(datum))); });
    return {VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value)};
}

std::string text_slice(Datum text, int offset, int bytes) {
    Datum slice = pg_call([&] { return PointerGetDatum(DatumGetByteaPSlice(text, offset, bytes)); });
    return std::string(varlena_view(slice));
}

std::string_view output_view(Oid type, Datum value) {
    return pg_call([&] {
        Oid function;
        bool is_varlena;
        getTypeOutputInfo(type, &function, &is_varlena);
        return OidOutputFunctionCall(function, value);
    });
}

std::string output_text(Oid type, Datum value) {
    return std::string(output_view(type, value));
}

std::string output_prefix(Oid type, Datum value, int characters) {
    Oid base = pg_call([&] { return getBaseType(type); });
    std::string prefix;
    if (base == TEXTOID || base == VARCHAROID) {
        int bytes = characters * MAX_MULTIBYTE_CHAR_LEN;
        Datum slice = pg_call([&] { return PointerGetDatum(DatumGetTextPSlice(value, 0, bytes)); });
        prefix = varlena_view(slice);
    } else {
        prefix = output_text(type, value);
    }
    int size = pg_call(
        [&] { return pg_mbcharcliplen(prefix.c_str(), static_cast<int>(prefix.size()), characters); });
    return prefix.substr(0, size);
}

std::string iso_time(TimestampTz time) {
    const char *text = pg_call([&] {
        int utc = 0;
        return JsonEncodeDateTime(nullptr, TimestampTzGetDatum(time), TIMESTAMPTZOID, &utc);
    });
    return text;
}

Datum input_datum(Oid type, int32 typmod, const std::string &text) {
    return pg_call([&] {
        Oid function, param;
        getTypeInputInfo(type, &function, &param);
        return OidInputFunctionCall(function, const_cast<char *>(text.c_str()), param, typmod);
    });
}

std::vector<std::string> text_array(Datum array, Oid element_type) {
    struct Elements {
        Datum *values;
        bool *nulls;
        int count, dimensions;
    };
    Elements elements = pg_call([&] {
        Elements e{};
        ArrayType *a = DatumGetArrayTypeP(array);
        e.dimensions = ARR_NDIM(a);
        int16 length;
        bool by_value;
        char align;
        get_typlenbyvalalign(element_type, &length, &by_value, &align);
        deconstruct_array(a, element_type, length, by_value, align, &e.values, &e.nulls, &e.count);
        return e;
    });
    if (elements.dimensions > 1) throw Error{ERRCODE_ARRAY_SUBSCRIPT_ERROR, "array must have one dimension"};
    std::vector<std::string> result;
    for (int i = 0; i < elements.count; i++) {
        if (elements.nulls[i]) throw Error{ERRCODE_NULL_VALUE_NOT_ALLOWED, "array must not contain NULLs"};
        result.push_back(output_text(element_type, elements.values[i]));
    }
    return result;
}

Datum text_array_datum(const std::vector<std::string> &elements) {
    std::vector<Datum> texts;
    for (const std::string &element : elements) texts.push_back(text_datum(element));
    return pg_call([&] {
        return PointerGetDatum(
            construct_array(texts.data(), static_cast<int>(texts.size()), TEXTOID, -1, false, TYPALIGN_INT));
    });
}

namespace {

// Names are keys of ours: on the ledger, in the configuration.  Whatever the session says, one name is
// written in one way.
class QuotedAsNeeded {
public:
    QuotedAsNeeded() : before_(std::exchange(quote_all_identifiers, false)) {}
    ~QuotedAsNeeded() { quote_all_identifiers = before_; }
    QuotedAsNeeded(const QuotedAsNeeded &) = delete;

private:
    bool before_;
};

}  // namespace

std::string quote_ident(const std::string &name) {
    QuotedAsNeeded plain;
    return pg_call([&] { return quote_identifier(name.c_str()); });
}

std::string quote_literal(const std::string &text) {
    return pg_call([&] { return quote_literal_cstr(text.c_str()); });
}

std::string collation_name(Oid collation) {
    QuotedAsNeeded plain;
    return pg_call([&] { return generate_collation_name(collation); });
}

std::string qualified_name(Oid relation) {
    QuotedAsNeeded plain;
    const char *name = pg_call([&]() -> const char * {
        char *relname = get_rel_name(relation);
        char *schema = relname ? get_namespace_name(get_rel_namespace(relation)) : nullptr;
        return schema ? quote_qualified_identifier(schema, relname) : nullptr;
    });
    if (name == nullptr)
        throw Error{ERRCODE_UNDEFINED_TABLE, core::format("relation with OID {} does not exist", relation)};
    return name;
}

std::optional<std::string> text_argument(FunctionCallInfo fcinfo, int index) {
    if (PG_ARGISNULL(index)) return std::nullopt;
    return std::string(varlena_view(PG_GETARG_DATUM(index)));
}

std::optional<std::string> name_argument(FunctionCallInfo fcinfo, int index) {
    if (PG_ARGISNULL(index)) return std::nullopt;
    return std::string(NameStr(*PG_GETARG_NAME(index)));
}

std::optional<std::vector<std::string>> array_argument(FunctionCallInfo fcinfo, int index, Oid element_type) {
    if (PG_ARGISNULL(index)) return std::nullopt;
    return text_array(PG_GETARG_DATUM(index), element_type);
}

std::optional<std::string> any_argument(FunctionCallInfo fcinfo, int index) {
    if (PG_ARGISNULL(index)) return std::nullopt;
    Oid type = pg_call([&] { return get_fn_expr_argtype(fcinfo->flinfo, index); });
    if (type == UNKNOWNOID) return std::string(DatumGetCString(PG_GETARG_DATUM(index)));
    if (!OidIsValid(type))
        throw Error{ERRCODE_INDETERMINATE_DATATYPE, "could not determine the type of the run id"};
    return output_text(type, PG_GETARG_DATUM(index));
}

}  // namespace retry_ledger::pg
