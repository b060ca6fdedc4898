// What the views on outcomes ask in C++.
#include "core/rerun.hpp"
#include "pg/text.hpp"

namespace retry_ledger::history {

namespace {

// A top-level field of an object, as ->> gives it.
std::optional<std::string> field_text(Jsonb *object, const std::string &field) {
    if (!JB_ROOT_IS_OBJECT(object)) return std::nullopt;
    struct Found {
        bool exists;
        JsonbValue value;
    };
    Found found = pg::pg_call([&] {
        Found result = {};
        result.exists =
            getKeyJsonValueFromContainer(&object->root, field.data(), static_cast<int>(field.size()),
                                         &result.value) != nullptr;
        return result;
    });
    if (!found.exists || found.value.type == jbvNull) return std::nullopt;
    if (found.value.type == jbvString)
        return std::string(found.value.val.string.val, static_cast<size_t>(found.value.val.string.len));
    return pg::output_text(JSONBOID,
                           pg::pg_call([&] { return JsonbPGetDatum(JsonbValueToJsonb(&found.value)); }));
}

}  // namespace

}  // namespace retry_ledger::history

using namespace retry_ledger;

RETRY_LEDGER_FUNCTION(evidence_text) {
    return pg::entry([&]() -> Datum {
        Jsonb *evidence = pg::pg_call([&] { return PG_GETARG_JSONB_P(0); });
        auto text = history::field_text(evidence, *pg::text_argument(fcinfo, 1));
        if (text) return pg::text_datum(*text);
        fcinfo->isnull = true;
        return Datum(0);
    });
}

RETRY_LEDGER_FUNCTION(run_helped) {
    return pg::entry([&]() -> Datum {
        auto retryable = pg::text_array(PG_GETARG_DATUM(1), TEXTOID);
        return BoolGetDatum(core::says_success(*pg::text_argument(fcinfo, 0), retryable));
    });
}
