#include "pg/column_text.hpp"

namespace retry_ledger::pg {

std::string text_expression(const std::string &value, Oid base_type) {
    switch (base_type) {
        case TEXTOID:
        case VARCHAROID:
        case UUIDOID:
        case INT2OID:
        case INT4OID:
        case INT8OID:
            return value + "::pg_catalog.text";  // to make casts between these takes a superuser
        default:
            // A composite value with a NULL in it isn't NOT NULL.
            return core::format("CASE WHEN {0} IS DISTINCT FROM NULL THEN pg_catalog.format('%s', {0}) END",
                                value);
    }
}

}  // namespace retry_ledger::pg
