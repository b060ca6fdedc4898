#include "guard/birth_checks.hpp"

#include "core/decision.hpp"
#include "core/keys.hpp"
#include "pg/fixed_text.hpp"
#include "pg/nesting.hpp"
#include "retry/overrides.hpp"

namespace retry_ledger::guard {

using govern::Column;
using govern::Governed;

namespace {

Datum integer_datum(const Column &column, int64 value) {
    switch (column.base_type) {
        case INT2OID:
            return Int16GetDatum(static_cast<int16>(value));
        case INT4OID:
            return Int32GetDatum(static_cast<int32>(value));
        default:
            return pg::pg_call([&] { return Int64GetDatum(value); });
    }
}

const char *kind_of(const Governed &table) {
    return table.kind == govern::Kind::files ? "file" : "run";
}

}  // namespace

HeapTuple with_lineage(const Governed &table, const Row &row, int attempt) {
    bool is_retry = attempt > 1;
    int64 counted = attempt - 1 + table.attempt_base;
    if (row.integer(table.attempt) == counted && row.boolean(table.is_retry) == is_retry) return row.tuple();
    int columns[] = {table.attempt.attnum, table.is_retry.attnum};
    Datum values[] = {integer_datum(table.attempt, counted), BoolGetDatum(is_retry)};
    bool nulls[] = {false, false};
    return pg::pg_call(
        [&] { return heap_modify_tuple_by_cols(row.tuple(), row.descriptor(), 2, columns, values, nulls); });
}

[[noreturn]] void refuse_birth(const Governed &table, const Row &row, const char *constraint,
                               const std::string &what, const std::string &hint) {
    std::string key = key_text(table, row);
    bool lineage = strcmp(constraint, "retry_ledger_lineage") == 0;
    throw violation(table, constraint,
                    core::format("{}: {}", lineage ? "LINEAGE_VIOLATION" : "BIRTH_VIOLATION", what),
                    {{id_name(table), key}, {"status", row.text(table.status).value_or("")}}, hint);
}

void refuse_applied_file(const Governed &table) {
    if (table.kind != govern::Kind::files || !pg::is_applied() || pg::is_taken_as_found()) return;
    throw pg::Error{
        ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
        core::format("files of {} can't come by this subscription", table.table_name.view()),
        "The runs that they count in would be those of the publisher, whom no superuser answers for.",
        "Let a superuser own the subscription."};
}

void check_status(const Governed &table, const Row &row) {
    std::optional<std::string> status = row.text(table.status);
    if (status && table.initial.contains(*status)) return;
    std::string initial;
    for (const govern::Name &name : table.initial) initial += (initial.empty() ? "" : ", ") + name.string();
    refuse_birth(table, row, "retry_ledger_birth",
                 core::format("{} can't be born {}", table.label.view(),
                              status ? core::shortened(*status) : "without a status"),
                 core::format("A {} is born in an initial status ({}) and moves on from there.",
                              kind_of(table), initial));
}

void check_lineage(const Governed &table, const Row &row, int attempt) {
    if (row.integer(table.attempt) == attempt - 1 + table.attempt_base &&
        row.boolean(table.is_retry) == (attempt > 1))
        return;
    refuse_birth(table, row, "retry_ledger_lineage",
                 core::format("{} and {} are set by the database", table.attempt.name.view(),
                              table.is_retry.name.view()),
                 "A BEFORE trigger of the table rewrites them: let it leave these columns alone.");
}

void check_tenant(const Governed &table, const Row &row, const std::optional<std::string> &tenant,
                  const char *whose) {
    if (!table.tenant || row.text(table.tenant) == tenant) return;
    refuse_birth(
        table, row, "retry_ledger_lineage",
        core::format("a {} belongs to the {} of {}", table.kind == govern::Kind::files ? "file" : "retry",
                     table.tenant.name.view(), whose),
        core::format("Insert it with the {} of {}.", table.tenant.name.view(), whose));
}

std::optional<std::string> column_text(const Row &row, const std::string &name) {
    int number = pg::pg_call([&] { return SPI_fnumber(row.descriptor(), name.c_str()); });
    if (number <= 0) return std::nullopt;
    bool null;
    Datum value = pg::pg_call([&] { return heap_getattr(row.tuple(), number, row.descriptor(), &null); });
    if (null) return std::nullopt;
    return std::string(pg::fixed_text(SPI_gettypeid(row.descriptor(), number), value));
}

void check_bound_columns(const Governed &table, const Row &before, const Row &after) {
    const core::Policy &policy = *table.policy;
    if (!binds_columns(policy) || before.is_null(table.parent)) return;
    for (const auto &column : {policy.profile_column, policy.price_column, policy.max_attempts_column}) {
        if (!column || retry::is_mapped(table, *column)) continue;
        int number = pg::pg_call([&] { return SPI_fnumber(after.descriptor(), column->c_str()); });
        if (number <= 0 || same_image(before, after, static_cast<AttrNumber>(number))) continue;
        if (!retry::may_differ(table, *column)) retry::refuse_override(table, *column);
        std::optional<std::string> chosen = column_text(after, *column);
        if (policy.profile_column != column || !chosen) continue;
        if (auto refusal = core::decide_profile(*chosen, before.text(table.tenant), key_text(table, before),
                                                table.table_name.string(), policy))
            throw pg::to_error(*refusal);
    }
}

void check_key(const pg::Home &home, const Governed &table, const Row &row) {
    if (!table.own_key_rows && !table.gone_keys) return;
    const std::string key = key_text(table, row);
    const Oid keys = pg::own_relation(home, "run_key");
    if (!table.own_key_rows) {
        if (pg::find_row(keys, pg::own_relation(home, "run_key_pkey"), table.table_name.string(), key))
            refuse_birth(table, row, "retry_ledger_birth", "this key is that of one that is gone",
                         "Give it another one: what is recorded under this key is told of that one.");
        return;
    }
    Datum values[] = {pg::text_datum(table.table_name.view()), pg::text_datum(key)};
    bool nulls[] = {false, false};
    pg::insert_row(keys, values, nulls);
}

}  // namespace retry_ledger::guard
