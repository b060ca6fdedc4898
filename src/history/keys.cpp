// Keys of runs, kept as text in our own tables, as values of their own types again.
#include "core/keys.hpp"

#include "pg/text.hpp"

using namespace retry_ledger;

RETRY_LEDGER_FUNCTION(run_key_uuid) {
    return pg::entry([&]() -> Datum {
        std::string text(pg::varlena_view(PG_GETARG_DATUM(0)));
        if (core::can_be_key(core::KeyType::uuid, text)) return pg::input_datum(UUIDOID, -1, text);
        fcinfo->isnull = true;
        return Datum(0);
    });
}

RETRY_LEDGER_FUNCTION(run_key_bigint) {
    return pg::entry([&]() -> Datum {
        std::string text(pg::varlena_view(PG_GETARG_DATUM(0)));
        if (core::can_be_key(core::KeyType::int8, text)) return pg::input_datum(INT8OID, -1, text);
        fcinfo->isnull = true;
        return Datum(0);
    });
}
