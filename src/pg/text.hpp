// Datums and C++ strings, and names as SQL writes them.
#pragma once

#include "pg/error.hpp"

namespace retry_ledger::pg {

inline Datum text_datum(std::string_view text) {
    return pg_call([&] {
        return PointerGetDatum(cstring_to_text_with_len(text.data(), static_cast<int>(text.size())));
    });
}

// The bytes of a text-like datum (text, varchar, bpchar, bytea), detoasted if need be.
std::string_view varlena_view(Datum datum);

// So many bytes of a text from `offset` on, or fewer where it ends.  Of a text stored out of line and not
// compressed no more than that is read from disk.
std::string text_slice(Datum text, int offset, int bytes);

// The value as its type's output function writes it.  Ids and tenants are kept so in our own tables.
std::string output_text(Oid type, Datum value);
std::string_view output_view(Oid type, Datum value);  // lives as long as the memory context

// At most the first `characters` of it: of a text column no more than that is read from disk.
std::string output_prefix(Oid type, Datum value, int characters);

// ISO 8601 in UTC, whatever the session's settings are.
std::string iso_time(TimestampTz time);

// The value that `text` denotes.  Raises what the type's input function raises.
Datum input_datum(Oid type, int32 typmod, const std::string &text);

// Elements of a one-dimensional text[] or name[] without NULLs.
std::vector<std::string> text_array(Datum array, Oid element_type);
Datum text_array_datum(const std::vector<std::string> &elements);

std::string quote_ident(const std::string &name);
std::string quote_literal(const std::string &text);
std::string collation_name(Oid collation);  // qualified and quoted

// "schema"."name" with quotes only where needed: a table's name on the ledger.
std::string qualified_name(Oid relation);

// Arguments of the current SQL function.
std::optional<std::string> text_argument(FunctionCallInfo fcinfo, int index);
std::optional<std::string> name_argument(FunctionCallInfo fcinfo, int index);
std::optional<std::vector<std::string>> array_argument(FunctionCallInfo fcinfo, int index, Oid element_type);

// An argument declared text, or "any" of whatever type the caller passed, as text.
std::optional<std::string> any_argument(FunctionCallInfo fcinfo, int index);

}  // namespace retry_ledger::pg
