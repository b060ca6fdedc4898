#include "retry/overrides.hpp"

#include <algorithm>

#include "core/decision.hpp"
#include "core/keys.hpp"
#include "pg/application.hpp"

namespace retry_ledger::retry {

namespace {

using core::Token;
using govern::Governed;

[[noreturn]] void refuse(const std::string &message, core::Evidence evidence, const std::string &hint) {
    throw pg::to_error(core::Refusal{Token::invalid_overrides, message, std::move(evidence), hint});
}

// What the policy says; where it says nothing all of them, but for those that limit and price the retry.
std::vector<std::string> allowed_columns(const Governed &table) {
    const core::Policy &policy = *table.policy;
    if (policy.override_columns) return *policy.override_columns;
    std::vector<std::string> allowed;
    for (const govern::Name &input : table.inputs)
        if (policy.price_column != input.view() && policy.max_attempts_column != input.view())
            allowed.push_back(input.string());
    return allowed;
}

// The tenant is an input column too, and belongs to the lineage.
bool may_set(const Governed &table, const std::string &column) {
    return may_differ(table, column) && table.inputs.contains(column) && !is_mapped(table, column);
}

ColumnValue parse_value(const Governed &table, const std::string &column,
                        const std::optional<std::string> &value) {
    ColumnValue parsed;
    parsed.text = value;
    parsed.param.null = !value;
    int32 typmod = -1;
    pg::pg_call([&] {
        AttrNumber attnum = get_attnum(table.root, column.c_str());
        Oid collation;
        get_atttypetypmodcoll(table.root, attnum, &parsed.param.type, &typmod, &collation);
    });
    if (!value) return parsed;
    try {
        pg::AsOwnerRestricted owner(pg::owner_of(table.root));  // a domain's CHECKs are the application's
        parsed.param.value = pg::input_datum(parsed.param.type, typmod, *value);
    } catch (const pg::PgError &error) {
        if (ERRCODE_TO_CATEGORY(error.data->sqlerrcode) != ERRCODE_DATA_EXCEPTION &&
            ERRCODE_TO_CATEGORY(error.data->sqlerrcode) != ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION)
            throw;
        refuse(core::format("\"{}\" is not a value of column {}", core::shortened(*value), column),
               {{"column", column}, {"value", core::shortened(*value)}},
               core::format("The column is of type {}.",
                            pg::pg_call([&] { return format_type_be(parsed.param.type); })));
    }
    return parsed;
}

}  // namespace

bool may_differ(const Governed &table, const std::string &column) {
    std::vector<std::string> allowed = allowed_columns(table);
    return std::find(allowed.begin(), allowed.end(), column) != allowed.end();
}

void refuse_override(const Governed &table, const std::string &column) {
    refuse(core::format("a retry of {} can't set column \"{}\"", table.table_name.view(),
                        core::shortened(column)),
           {{"run_table", table.table_name.string()},
            {"column", core::shortened(column)},
            {"override_columns", allowed_columns(table)}},
           "It carries its parent's values over, but for the columns that the policy lists in "
           "override_columns.");
}

Overrides parse_overrides(const Governed &table, const std::optional<std::string> &json) {
    Overrides overrides;
    if (!json) return overrides;
    Datum document = pg::input_datum(JSONBOID, -1, *json);
    if (!pg::pg_call([&] { return JB_ROOT_IS_OBJECT(DatumGetJsonbP(document)); }))
        refuse("overrides isn't a JSON object", {},
               "Pass an object of columns and values: '{\"region\": \"eu\"}'.");
    pg::Rows rows = pg::run("SELECT key, value OPERATOR(pg_catalog.#>>) '{}' FROM pg_catalog.jsonb_each($1)",
                            {{JSONBOID, document}});
    for (uint64 row = 0; row < rows.size(); row++) {
        std::string column = rows.string(row, 1);
        if (!may_set(table, column)) refuse_override(table, column);
        overrides[column] = parse_value(table, column, rows.text(row, 2));
    }
    return overrides;
}

std::optional<std::string> fall_back(const Governed &table, const VisibleRun &parent, Overrides &overrides) {
    const std::optional<std::string> &column = table.policy->profile_column;
    if (!column || overrides.count(*column) > 0) return std::nullopt;
    std::optional<std::string> carried = parent.text(*column);
    std::optional<std::string> chosen = core::fallback_profile(carried, parent.tenant, *table.policy);
    if (!chosen) return std::nullopt;
    overrides[*column] = parse_value(table, *column, chosen);
    return carried;
}

}  // namespace retry_ledger::retry
