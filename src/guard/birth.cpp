// Birth: every row of a run table is a root in its first status or a retry under the rules, whoever inserts.
//
// Two triggers, because neither can do it alone.  BEFORE may set the lineage columns but sees a row that a
// later BEFORE trigger can still rewrite, and whose effects would survive ON CONFLICT DO NOTHING without it.
// AFTER sees the row as it is: there it is checked, linked and put on the ledger.
#include <algorithm>

#include "core/keys.hpp"
#include "core/reason.hpp"
#include "guard/row.hpp"
#include "ledger/ledger.hpp"
#include "retry/overrides.hpp"
#include "retry/resolve.hpp"
#include "retry/retry.hpp"
#include "work/check.hpp"
#include "work/enqueue.hpp"

namespace retry_ledger::guard {

namespace {

using govern::Column;
using govern::Governed;
using retry::Decided;

bool contains(const std::vector<std::string> &names, const std::string &name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

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

HeapTuple with_lineage(const Governed &table, const Row &row, int attempt) {
    bool is_retry = attempt > 1;
    if (row.integer(table.attempt) == attempt && row.boolean(table.is_retry) == is_retry) return row.tuple();
    int columns[] = {table.attempt.attnum, table.is_retry.attnum};
    Datum values[] = {integer_datum(table.attempt, attempt), BoolGetDatum(is_retry)};
    bool nulls[] = {false, false};
    return pg::pg_call(
        [&] { return heap_modify_tuple_by_cols(row.tuple(), row.descriptor(), 2, columns, values, nulls); });
}

// A row inserted by hand: decided here and now by the same engine, with nothing that only a function can say.
Decided decide_direct_insert(const pg::Home &home, Governed &table, const Row &row) {
    bool null;
    retry::Request request;
    request.key = row.value(table.parent, &null);
    request.key_text = *row.text(table.parent);
    request.reason = row.text(table.reason).value_or("direct_insert");
    if (request.reason.empty()) request.reason = "direct_insert";
    if (auto refusal = core::refuse_reason(request.reason)) throw pg::to_error(*refusal);
    request.by_hand = true;
    retry::require_privileges(table, "SELECT, INSERT");
    pg::SpiScope spi;
    return retry::decide(home, table, request).decided;
}

HeapTuple birth(const pg::Home &home, TriggerData *trigger) {
    govern::GovernedRef table = governed_of(home, trigger);
    Row row(trigger->tg_trigtuple, RelationGetDescr(trigger->tg_relation));
    if (IsLogicalWorker()) return row.tuple();  // births elsewhere are taken as found
    if (row.is_null(table->parent)) return with_lineage(*table, row, 1);

    std::string parent = *row.text(table->parent);
    if (const Decided *decided = retry::adopt_from_function(table->root, parent))
        return with_lineage(*table, row, decided->attempt);
    Decided decided = decide_direct_insert(home, *table, row);
    int attempt = decided.attempt;
    retry::remember(table->root, std::move(decided), retry::By::trigger);
    return with_lineage(*table, row, attempt);
}

[[noreturn]] void refuse_birth(const Governed &table, const Row &row, const char *constraint,
                               const std::string &what, const std::string &hint) {
    std::string key = key_text(table, row);
    bool lineage = strcmp(constraint, "retry_ledger_lineage") == 0;
    throw violation(table, constraint,
                    core::format("{}: {}", lineage ? "LINEAGE_VIOLATION" : "BIRTH_VIOLATION", what),
                    {{"run_id", key}, {"status", row.text(table.status).value_or("")}}, hint);
}

void check_status(const Governed &table, const Row &row) {
    std::optional<std::string> status = row.text(table.status);
    if (status && table.initial.contains(*status)) return;
    std::string initial;
    for (const govern::Name &name : table.initial) initial += (initial.empty() ? "" : ", ") + name.string();
    refuse_birth(table, row, "retry_ledger_birth",
                 core::format("{} can't be born {}", table.label.view(),
                              status ? core::shortened(*status) : "without a status"),
                 core::format("A run is born in an initial status ({}) and moves on from there.", initial));
}

void check_lineage(const Governed &table, const Row &row, int attempt) {
    if (row.integer(table.attempt) == attempt && row.boolean(table.is_retry) == (attempt > 1)) return;
    refuse_birth(table, row, "retry_ledger_lineage",
                 core::format("{} and {} are set by the database", table.attempt.name.view(),
                              table.is_retry.name.view()),
                 "A BEFORE trigger of the table rewrites them: let it leave these columns alone.");
}

void check_tenant(const Governed &table, const Row &row, const Decided &decided) {
    if (!table.tenant || row.text(table.tenant) == decided.tenant) return;
    refuse_birth(
        table, row, "retry_ledger_lineage",
        core::format("a retry belongs to the {} of the run that it retries", table.tenant.name.view()),
        "Insert it with the parent's value.");
}

std::optional<std::string> column_text(const Row &row, const std::string &name) {
    int number = pg::pg_call([&] { return SPI_fnumber(row.descriptor(), name.c_str()); });
    if (number <= 0) return std::nullopt;
    bool null;
    Datum value = pg::pg_call([&] { return heap_getattr(row.tuple(), number, row.descriptor(), &null); });
    if (null) return std::nullopt;
    return pg::output_text(pg::pg_call([&] { return SPI_gettypeid(row.descriptor(), number); }), value);
}

// A row that was written by hand keeps to what the policy says of columns; a function has seen to it already.
void check_columns(Governed &table, const Row &row, const Decided &decided) {
    const core::Policy &policy = *table.policy;
    if (!decided.by_hand || (!policy.override_columns && !policy.profile_column)) return;
    pg::SpiScope spi;
    bool null;
    std::optional<retry::VisibleRun> parent =
        retry::find_run(table, row.value(table.parent, &null), pg::See::latest);
    if (!parent) return;  // its deciding has just seen it, and it can't go
    for (const govern::Name &input : table.inputs) {
        std::string name = input.string();
        if (retry::is_mapped(table, name)) continue;
        std::optional<std::string> chosen = column_text(row, name);
        if (policy.profile_column == name && chosen)
            if (auto refusal =
                    core::decide_profile(*chosen, decided.parent_key, table.table_name.string(), policy))
                throw pg::to_error(*refusal);
        if (policy.override_columns && !contains(*policy.override_columns, name) &&
            chosen != parent->text(name))
            retry::refuse_override(table, name);
    }
}

// What the application's check function says of the retry as it is there.
void check_request(const Governed &table, const Row &row, const Decided &decided) {
    if (!work::has_check(table) || decided.checked) return;
    auto refusals = work::check_requests(table, {{decided.parent_key, decided.reason, decided.attempt,
                                                  work::inputs_of(table, row.tuple(), row.descriptor())}});
    if (refusals.front()) throw pg::to_error(*refusals.front());
}

// Keeps the key unique where no index of the table does.
void record_key(const pg::Home &home, const Governed &table, const std::string &key) {
    Datum values[] = {pg::text_datum(table.table_name.view()), pg::text_datum(key)};
    bool nulls[] = {false, false};
    pg::insert_row(pg::own_relation(home, "run_key"), values, nulls);
}

void born(const pg::Home &home, TriggerData *trigger) {
    if (IsLogicalWorker()) return;
    govern::GovernedRef table = governed_of(home, trigger);
    Row row(trigger->tg_trigtuple, RelationGetDescr(trigger->tg_relation));
    check_status(*table, row);
    if (table->own_key_rows) record_key(home, *table, key_text(*table, row));
    if (row.is_null(table->parent)) {
        check_lineage(*table, row, 1);
        if (work::is_dispatched(*table, false))
            work::run_born(home, *table, key_text(*table, row), false, std::nullopt);
        return;
    }

    std::string parent = *row.text(table->parent);
    std::optional<Decided> decided = retry::take(table->root, parent);
    if (!decided) decided = decide_direct_insert(home, *table, row);
    check_lineage(*table, row, decided->attempt);
    check_tenant(*table, row, *decided);
    check_columns(*table, row, *decided);
    check_request(*table, row, *decided);
    retry::record_birth(home, *table, *decided, key_text(*table, row));
    work::run_born(home, *table, key_text(*table, row), true, decided->not_before);
}

}  // namespace

}  // namespace retry_ledger::guard

using namespace retry_ledger;

RETRY_LEDGER_FUNCTION(guard_birth) {
    return pg::entry([&]() -> Datum {
        TriggerData *trigger = guard::trigger_data(fcinfo);
        return PointerGetDatum(guard::birth(pg::home_of(fcinfo->flinfo->fn_oid), trigger));
    });
}

RETRY_LEDGER_FUNCTION(guard_born) {
    return pg::entry([&]() -> Datum {
        TriggerData *trigger = guard::trigger_data(fcinfo);
        guard::born(pg::home_of(fcinfo->flinfo->fn_oid), trigger);
        return Datum(0);
    });
}
