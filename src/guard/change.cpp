// UPDATE, DELETE, TRUNCATE: an ended row is a fact, lineage never changes, statuses follow the machine.
//
// The triggers on UPDATE are AFTER, so that no BEFORE trigger can rewrite NEW behind them.  guard_change has
// a WHEN of one C predicate (guard_wakes) over the status; guard_lineage is there for updates that name a
// column which never changes.  An UPDATE that does neither to a live run queues no trigger event at all.  A
// BEFORE trigger can change a column that the UPDATE doesn't name, and the policy can bind columns of live
// retries: in either case guard_wakes always wakes guard_change, which looks at everything.
#include "core/keys.hpp"
#include "core/rerun.hpp"
#include "files/birth.hpp"
#include "guard/applied.hpp"
#include "guard/birth_checks.hpp"
#include "guard/foreign_key.hpp"
#include "guard/redacting.hpp"
#include "guard/row.hpp"
#include "history/metrics.hpp"
#include "ledger/ledger.hpp"
#include "pg/nesting.hpp"
#include "retry/link.hpp"
#include "work/claimed.hpp"
#include "work/queue.hpp"

namespace retry_ledger::guard {

namespace {

using govern::Governed;

std::string way_on(const Governed &table, const Row &before, const std::string &key) {
    bool file = table.kind == govern::Kind::files;
    std::string run = file ? before.text(table.run).value_or("") : key;
    std::string runs = file ? pg::qualified_name(table.of_table) : table.table_name.string();
    return core::format("To run it again: SELECT * FROM {}({}, run_table => {}).",
                        file ? "retry_failed_files" : "retry_run", pg::quote_literal(core::shortened(run)),
                        pg::quote_literal(runs));
}

[[noreturn]] void refuse_mutation(const Governed &table, const Row &before, const Row &after) {
    std::string key = key_text(table, before);
    throw violation(
        table, "retry_ledger_immutable",
        core::format("PB-S1 VIOLATION: Cannot mutate {} {}", table.ended_list(), table.label.view()),
        {{id_name(table), key},
         {"current_status", before.text(table.status).value_or("")},
         {"changed_columns", changed_columns(before, after)}},
        core::format("A {} that ended is a fact. {}", table.kind == govern::Kind::files ? "file" : "run",
                     way_on(table, before, key)));
}

void check_frozen(const Governed &table, const Row &before, const Row &after) {
    for (int i = 0; i < table.frozen_count; i++) {
        const govern::Column &column = table.frozen[i];
        if (same_image(before, after, column.attnum)) continue;
        throw violation(
            table, "retry_ledger_lineage",
            core::format("LINEAGE_VIOLATION: {} of {} never changes", column.name.view(), table.label.view()),
            {{id_name(table), key_text(table, before)}, {"column", column.name.string()}},
            "Key, lineage, tenant and partition key are set at birth.");
    }
}

bool may_go(const Governed &table, const std::string &from, const std::string &to) {
    if (!table.initial.contains(to) && !table.active.contains(to) && !table.ended.contains(to)) return false;
    return !table.declared_transitions || table.declares(from, to);
}

// A retry that resumes may go from where it begins straight to the status that it resumes from, whether the
// machine has that step or not.  It begins in the status of its birth, or where a claim has put it.
bool resumes_at(const pg::Home &home, const Governed &table, const Row &before, const std::string &from,
                const std::string &to) {
    bool begins =
        from == table.initial.items[0].view() || (table.work != nullptr && table.work->start_status == from);
    if (!begins || table.kind != govern::Kind::runs) return false;
    if (!table.initial.contains(to) && !table.active.contains(to)) return false;
    std::optional<retry::Link> link =
        retry::find_link(home, table, retry::LinkBy::retry, key_text(table, before));
    return link && !link->voided_at && link->resume_from_status == to;
}

void check_transition(const pg::Home &home, const Governed &table, const Row &before, const std::string &from,
                      const std::optional<std::string> &to) {
    if (to && (may_go(table, from, *to) || resumes_at(home, table, before, from, *to))) return;
    throw violation(table, "retry_ledger_transition",
                    core::format("TRANSITION_VIOLATION: {} can't go from {} to {}", table.label.view(),
                                 core::shortened(from), to ? core::shortened(*to) : "NULL"),
                    {{id_name(table), key_text(table, before)},
                     {"current_status", core::shortened(from)},
                     {"attempted_status", to ? core::shortened(*to) : "NULL"}},
                    "The view governed_tables shows the statuses and transitions that are declared.");
}

// The end of a retry that we decided; one whose work was never handed out is void, and neither helped nor
// failed.
void count_end(const pg::Home &home, const Governed &table, const std::string &key,
               const std::string &status) {
    std::optional<retry::Link> link = retry::find_link(home, table, retry::LinkBy::retry, key);
    if (!link || link->from_before) return;
    std::string_view name = table.table_name.view();
    if (link->voided_at) return history::count_void(home, name);
    bool helped = core::says_success(status, table.policy->retryable_statuses);
    TimestampTz began = work::first_claim(home, table, key).value_or(link->retried_at);
    history::count_ended(home, name, {status, helped, began});
}

// What the ledger says of a run that changes.
ledger::Entry entry_of(const Governed &table, const Row &after) {
    ledger::Entry entry;
    entry.run_table = table.table_name.string();
    entry.run_key = key_text(table, after);
    entry.tenant = after.text(table.tenant);
    if (auto attempt = after.integer(table.attempt)) entry.attempt = static_cast<int>(*attempt);
    entry.policy_hash = table.policy_hash;
    return entry;
}

void record_end(const pg::Home &home, const Governed &table, const Row &before, const Row &after,
                const std::string &status) {
    ledger::Entry entry = entry_of(table, after);
    entry.action = "ended";
    entry.reason_code = status;
    entry.prior_status = before.text(table.status);
    entry.content_hash = ledger::content_hash(after.descriptor(), after.tuple());
    ledger::append(home, entry);
    if (entry.attempt.value_or(1) > 1) count_end(home, table, *entry.run_key, status);
}

// Every step of a run, where the table's policy asks for it; an end has its entry anyway.
void record_step(const pg::Home &home, const Governed &table, const Row &after, const std::string &from,
                 const std::string &to) {
    if (table.kind != govern::Kind::runs || !table.policy->audit_transitions) return;
    ledger::Entry entry = entry_of(table, after);
    entry.action = "transitioned";
    entry.reason_code = to;
    entry.prior_status = from;
    ledger::append(home, entry);
}

// What the statement has called, or a trigger that comes before us, may have made it void, when nothing said
// yet that it had been started.
void refuse_void(const pg::Home &home, const Governed &runs, const std::string &key) {
    if (!retry::is_void(home, runs, key)) return;
    throw violation(
        runs, "retry_ledger_transition",
        core::format("TRANSITION_VIOLATION: run {} was made void while it, or a file of it, was put "
                     "back to where it was born",
                     core::shortened(key)),
        {{"run_id", core::shortened(key)}}, "A retry that was started can't be void.");
}

// A retry that was started and stands where it was born again isn't one that was never handed out: what
// dispatch_failed asks.  Of a file its run is told.
void record_return(const pg::Home &home, const Governed &table, const Row &after, const std::string &from,
                   const std::string &to) {
    if (after.is_null(table.parent) || !table.active.contains(from) || !table.initial.contains(to)) return;
    ledger::Entry entry = entry_of(table, after);
    entry.action = "put_back";
    entry.reason_code = to;
    entry.prior_status = from;
    if (table.kind == govern::Kind::files) {
        entry.evidence = {{"files_table", table.table_name.string()}, {"file_id", *entry.run_key}};
        entry.run_table = pg::qualified_name(table.of_table);
        entry.run_key = after.text(table.run);
        entry.attempt.reset();
        refuse_void(home, *files::runs_of(home, table), *entry.run_key);
    } else {
        refuse_void(home, table, *entry.run_key);
    }
    ledger::append(home, entry);
}

void check_change(const pg::Home &home, Governed &table, const Row &before, const Row &after) {
    refuse_applied_file(table);
    std::string from = before.text(table.status).value_or("");
    if (table.ended.contains(from)) {
        if (!changed_columns(before, after).empty() && !is_redaction(table, before, after))
            refuse_mutation(table, before, after);
        return;
    }
    bool replicated = pg::is_taken_as_found(), file = table.kind == govern::Kind::files;
    files::TouchedRun *run = file && !replicated ? &files::touch_row(home, table, before, after) : nullptr;
    check_frozen(table, before, after);
    if (!file && !replicated) check_bound_columns(table, before, after);
    std::optional<std::string> to = after.text(table.status);
    if (to == from) return;
    check_transition(home, table, before, from, to);
    if (replicated) return;
    if (!table.ended.contains(*to)) {
        record_return(home, table, after, from, *to);
        return record_step(home, table, after, from, *to);
    }
    if (run != nullptr) files::count_end(table, *run, *to);
    if (OidIsValid(table.files)) files::end_of_run(home, table, key_text(table, after), after.written_by());
    record_end(home, table, before, after, *to);
}

template <class F>
void with_key_hint(const TriggerData *trigger, F &&body) {
    try {
        body();
    } catch (pg::Error &error) {
        hint_at_foreign_key(error, trigger);
        throw;
    }
}

void change(const pg::Home &home, TriggerData *trigger) {
    refuse_rewritten(*trigger);
    govern::GovernedRef table = governed_runs_of(home, trigger);
    TupleDesc descriptor = RelationGetDescr(trigger->tg_relation);
    Row before(trigger->tg_trigtuple, descriptor), after(trigger->tg_newtuple, descriptor);
    with_key_hint(trigger,
                  [&] { about_row(*table, before, [&] { check_change(home, *table, before, after); }); });
}

void lineage(const pg::Home &home, TriggerData *trigger) {
    govern::GovernedRef table = governed_runs_of(home, trigger);
    TupleDesc descriptor = RelationGetDescr(trigger->tg_relation);
    Row before(trigger->tg_trigtuple, descriptor), after(trigger->tg_newtuple, descriptor);
    with_key_hint(trigger, [&] { about_row(*table, before, [&] { check_frozen(*table, before, after); }); });
}

bool is_for_truncate(FunctionCallInfo fcinfo) {
    return CALLED_AS_TRIGGER(fcinfo) &&
           TRIGGER_FIRED_BY_TRUNCATE(reinterpret_cast<TriggerData *>(fcinfo->context)->tg_event);
}

// Also on our own tables, and on tables whose configuration is gone.
void remove(const pg::Home &home, TriggerData *trigger) {
    Oid relation = RelationGetRelid(trigger->tg_relation);
    govern::GovernedRef table = govern::find_governed(home, relation);
    bool truncate = TRIGGER_FIRED_BY_TRUNCATE(trigger->tg_event);
    std::string name = pg::qualified_name(relation);
    Row row(trigger->tg_trigtuple, RelationGetDescr(trigger->tg_relation));  // of a DELETE
    bool has_key =
        table && !truncate && (table->kind == govern::Kind::runs || table->kind == govern::Kind::files);
    core::Evidence evidence;
    if (has_key && table->kind == govern::Kind::runs) evidence.push_back({"run_id", key_text(*table, row)});
    pg::Error error =
        violation(trigger, truncate ? "retry_ledger_no_truncate" : "retry_ledger_no_delete",
                  truncate ? core::format("TRUNCATE_VIOLATION: cannot truncate {}", name)
                           : core::format("DELETE_VIOLATION: cannot delete from {}", name),
                  std::move(evidence),
                  "Rows of a governed table are kept; release_governance is the recorded way out.");
    if (table) error.about.run_table = table->table_name.string();  // of a partition, its root's
    if (has_key) add_subject(error, *table, row);
    hint_at_foreign_key(error, trigger);
    throw error;
}

}  // namespace

}  // namespace retry_ledger::guard

using namespace retry_ledger;

RETRY_LEDGER_FUNCTION(guard_change) {
    return pg::entry([&]() -> Datum {
        TriggerData *trigger = guard::trigger_data(fcinfo, "retry_ledger_change", guard::AFTER_UPDATE_ROW);
        guard::change(pg::home_of(fcinfo->flinfo->fn_oid), trigger);
        return Datum(0);
    });
}

RETRY_LEDGER_FUNCTION(guard_settle) {
    return pg::entry([&]() -> Datum {
        TriggerData *trigger =
            guard::trigger_data(fcinfo, "retry_ledger_settle", guard::AFTER_STATEMENT, guard::WHEN_FIRED);
        pg::Home home = pg::home_of(fcinfo->flinfo->fn_oid);
        if (!pg::is_taken_as_found()) files::settle(home, guard::governed_runs_of(home, trigger)->root);
        return Datum(0);
    });
}

RETRY_LEDGER_FUNCTION(guard_lineage) {
    return pg::entry([&]() -> Datum {
        TriggerData *trigger = guard::trigger_data(fcinfo, "retry_ledger_lineage", guard::AFTER_UPDATE_ROW);
        guard::lineage(pg::home_of(fcinfo->flinfo->fn_oid), trigger);
        return Datum(0);
    });
}

RETRY_LEDGER_FUNCTION(guard_remove) {
    return pg::entry([&]() -> Datum {
        TriggerData *trigger =
            guard::is_for_truncate(fcinfo)
                ? guard::trigger_data(fcinfo, "retry_ledger_truncate", guard::BEFORE_TRUNCATE)
                : guard::trigger_data(fcinfo, "retry_ledger_delete", guard::BEFORE_DELETE_ROW);
        guard::remove(pg::home_of(fcinfo->flinfo->fn_oid), trigger);
        return Datum(0);
    });
}
