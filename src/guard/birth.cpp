// Birth: every row of a run table is a root in its first status or a retry under the rules, whoever inserts.
//
// Two triggers, because neither can do it alone.  BEFORE may set the lineage columns but sees a row that a
// later BEFORE trigger can still rewrite, and whose effects would survive ON CONFLICT DO NOTHING without it.
// AFTER sees the row as it is: there it is checked, linked and put on the ledger.

#include "files/birth.hpp"
#include "core/keys.hpp"
#include "core/reason.hpp"
#include "guard/applied.hpp"
#include "guard/birth_checks.hpp"
#include "guard/ddl_command.hpp"
#include "ledger/ledger.hpp"
#include "pg/nesting.hpp"
#include "retry/overrides.hpp"
#include "retry/resolve.hpp"
#include "retry/retry.hpp"
#include "work/check.hpp"
#include "work/enqueue.hpp"

namespace retry_ledger::guard {

namespace {

using govern::Governed;
using retry::Decided;

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

HeapTuple run_birth(const pg::Home &home, Governed &table, const Row &row) {
    if (row.is_null(table.parent)) return with_lineage(table, row, 1);
    std::string parent = *row.text(table.parent);
    if (const Decided *decided = retry::adopt_from_function(table.root, parent))
        return with_lineage(table, row, decided->attempt);
    Decided decided = decide_direct_insert(home, table, row);
    int attempt = decided.attempt;
    retry::remember(table.root, std::move(decided));
    return with_lineage(table, row, attempt);
}

// A partition that is being restored: its rows are no births.  A parallel pg_restore gives a partitioned
// table its triggers, and with them all partitions theirs, without waiting for the rows of these.  A
// partition's own trigger, retry_ledger_truncate, does wait for its rows; everywhere else a partition gets it
// in the command that makes it one.  What functions and event triggers write until then, TRUNCATE could take
// away again.
bool is_being_restored(Relation relation) {
    if (!relation->rd_rel->relispartition || relation->trigdesc->trig_truncate_before_statement) return false;
    if (innermost_command() == nullptr) return true;
    throw pg::Error{ERRCODE_OBJECT_IN_USE,
                    core::format("cannot insert into {} before it has all its guards",
                                 pg::qualified_name(RelationGetRelid(relation))),
                    "The command that makes it a partition isn't done.", "Insert when it is."};
}

HeapTuple birth(const pg::Home &home, TriggerData *trigger) {
    if (is_being_restored(trigger->tg_relation)) return trigger->tg_trigtuple;
    refuse_rewritten(*trigger);
    govern::GovernedRef table = governed_runs_of(home, trigger);
    Row row(trigger->tg_trigtuple, RelationGetDescr(trigger->tg_relation));
    if (pg::is_taken_as_found()) return row.tuple();
    refuse_applied_file(*table);
    return about_row(*table, row, [&] {
        if (table->kind == govern::Kind::files) return files::birth(home, *table, row);
        return run_birth(home, *table, row);
    });
}

// The row is as a function has decided it, whatever BEFORE triggers there are: what is charged, allowed and
// told rests on these columns.  All others are the application's to fill.
void check_decided_columns(const Governed &table, const Row &row, const Decided &decided) {
    for (const auto &[name, value] : decided.columns)
        if (column_text(row, name) != value)
            refuse_birth(
                table, row, "retry_ledger_birth",
                core::format("column \"{}\" of the retry isn't what was decided", core::shortened(name)),
                "A BEFORE trigger of the table rewrites it: let it leave this column alone.");
}

std::vector<std::string> judged_columns(const Governed &table) {
    std::vector<std::string> names = table.inputs.strings();
    for (std::string &name : core::columns_of(*table.policy))
        if (!table.inputs.contains(name)) names.push_back(std::move(name));
    return names;
}

// A row that was written by hand keeps to what the policy says of columns.
void check_chosen_columns(Governed &table, const Row &row, const Decided &decided) {
    const core::Policy &policy = *table.policy;
    if (!policy.override_columns && !policy.profile_column && !policy.price_column &&
        !policy.max_attempts_column)
        return;
    pg::SpiScope spi;
    bool null;
    std::optional<retry::VisibleRun> parent =
        retry::find_run(table, row.value(table.parent, &null), pg::See::latest);
    // Its deciding has just seen it, and it can't go: what policies of the table go by has been set since.
    if (!parent)
        refuse_birth(
            table, row, "retry_ledger_lineage", "the run that it retries isn't seen any more",
            "Let the statement, and triggers of the table, leave settings alone that policies go by.");
    for (const std::string &name : judged_columns(table)) {
        if (retry::is_mapped(table, name)) continue;
        std::optional<std::string> chosen = column_text(row, name);
        if (policy.profile_column == name && chosen)
            if (auto refusal = core::decide_profile(*chosen, decided.tenant, decided.parent_key,
                                                    table.table_name.string(), policy))
                throw pg::to_error(*refusal);
        if (!retry::may_differ(table, name) && chosen != parent->text(name))
            retry::refuse_override(table, name);
    }
}

// A run's own limit is one, from its birth on.
void check_own_limit(const Governed &table, const Row &row) {
    const core::Policy &policy = *table.policy;
    if (!policy.max_attempts_column) return;
    std::optional<std::string> limit = column_text(row, *policy.max_attempts_column);
    if (!limit) return;
    if (auto refusal = core::decide_own_limit(std::stoll(*limit), key_text(table, row),
                                              table.table_name.string(), policy))
        throw pg::to_error(*refusal);
}

// What the application's check function says of the retry as it is there.
void check_request(const Governed &table, const Row &row, const Decided &decided) {
    if (!work::has_check(table)) return;
    std::string inputs = work::inputs_of(table, row.tuple(), row.descriptor());
    if (decided.checked == inputs) return;
    auto refusals = work::check_requests(
        table, {{decided.parent_key, decided.reason, decided.attempt, std::move(inputs)}});
    if (refusals.front()) throw pg::to_error(*refusals.front());
}

void run_born(const pg::Home &home, Governed &table, const Row &row) {
    check_status(table, row);
    check_own_limit(table, row);
    check_key(home, table, row);
    if (row.is_null(table.parent)) {
        check_lineage(table, row, 1);
        if (work::is_dispatched(table, false))
            work::run_born(home, table, key_text(table, row), false, std::nullopt, std::nullopt);
        return;
    }

    std::string parent = *row.text(table.parent);
    std::optional<Decided> decided = retry::take(table.root, parent, key_text(table, row), row.written_by());
    if (!decided) decided = decide_direct_insert(home, table, row);
    check_lineage(table, row, decided->attempt);
    check_tenant(table, row, decided->tenant, "the run that it retries");
    if (decided->by_hand)
        check_chosen_columns(table, row, *decided);
    else
        check_decided_columns(table, row, *decided);
    check_request(table, row, *decided);
    retry::record_birth(home, table, *decided, key_text(table, row));
    work::run_born(home, table, key_text(table, row), true, decided->not_before, decided->resume);
}

void born(const pg::Home &home, TriggerData *trigger) {
    refuse_rewritten(*trigger);
    if (pg::is_taken_as_found() || is_being_restored(trigger->tg_relation)) return;
    govern::GovernedRef table = governed_runs_of(home, trigger);
    Row row(trigger->tg_trigtuple, RelationGetDescr(trigger->tg_relation));
    about_row(*table, row, [&] {
        if (table->kind == govern::Kind::files)
            files::born(home, *table, row);
        else
            run_born(home, *table, row);
    });
}

}  // namespace

}  // namespace retry_ledger::guard

using namespace retry_ledger;

RETRY_LEDGER_FUNCTION(guard_birth) {
    return pg::entry([&]() -> Datum {
        TriggerData *trigger = guard::trigger_data(fcinfo, "retry_ledger_birth", guard::BEFORE_INSERT_ROW);
        return PointerGetDatum(guard::birth(pg::home_of(fcinfo->flinfo->fn_oid), trigger));
    });
}

RETRY_LEDGER_FUNCTION(guard_born) {
    return pg::entry([&]() -> Datum {
        TriggerData *trigger = guard::trigger_data(fcinfo, "retry_ledger_born", guard::AFTER_INSERT_ROW);
        guard::born(pg::home_of(fcinfo->flinfo->fn_oid), trigger);
        return Datum(0);
    });
}
