// planner_hook: constraint exclusion is off while a plan of ours is made, and so is JIT: where a session has
// switched scans off, the costs of our look-ups would ask for it.
//
// For statements of others it is off from the moment at which the planner opens a table that is doubted.  It
// opens all tables of a query before it asks the CHECKs of any, and those that inlined functions bring are
// seen only there.
//
// Nor does a setting outlive the planning that it was made in.  PostgreSQL computes constant parts of the
// expressions of a table's indexes as whoever reads it: a function of the table's owner could set what the
// reader's statement, whose plan is made, goes by.  Nor may such a function write while a statement of ours
// is planned: what we look at and count by a snapshot that we have taken would be otherwise by then.
#include "pg/planner.hpp"

#include "pg/error.hpp"
#include "pg/exclusion.hpp"
#include "pg/planner_indexes.hpp"
#include "pg/spi.hpp"

extern "C" {
#include "optimizer/planner.h"
}

namespace retry_ledger::pg {

namespace {

planner_hook_type next_hook = nullptr;
bool ours = false;
ErrorContextCallback *called_from = nullptr;

// Not what triggers of an application run meanwhile: SPI adds one level to the stack of error contexts.
bool is_our_statement() {
    return error_context_stack != nullptr && error_context_stack->previous == called_from;
}

// The number that whatever is written from now on bears; another one as soon as something has.  Beside
// parallel workers no command begins, and so nothing that one had written could be seen.
CommandId next_command() {
    return pg_call([] {
        if (!IsInParallelMode()) CommandCounterIncrement();
        return GetCurrentCommandId(false);
    });
}

[[noreturn]] void refuse_writer() {
    throw Error{
        ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
        "a function that PostgreSQL computes to plan a statement of retry_ledger's has written to a table",
        "It is part of a policy, or of an expression of an index or of extended statistics.",
        "Functions that are declared IMMUTABLE or STABLE write nothing, nor do those that they call: declare "
        "it VOLATILE in a policy, drop what else was made by it."};
}

PlannedStmt *plan(Query *query, const char *text, int options, ParamListInfo parameters) {
    const planner_hook_type next = next_hook ? next_hook : standard_planner;
    if (!ours && !doubts_any()) return next(query, text, options, parameters);
    if (!ours)
        return entry([&] {
            Planning planning;
            return pg_call([&] {
                const int level = NewGUCNestLevel();
                PlannedStmt *planned = next(query, text, options, parameters);
                AtEOXact_GUC(false, level);
                return planned;
            });
        });
    return entry([&] {
        Planning planning;
        disbelieve_checks();
        SwitchedOff off({"jit"});
        if (!is_our_statement()) return pg_call([&] { return next(query, text, options, parameters); });
        const CommandId before = next_command();
        PlannedStmt *planned = pg_call([&] { return next(query, text, options, parameters); });
        if (next_command() != before) refuse_writer();
        return planned;
    });
}

}  // namespace

OwnPlanning::OwnPlanning()
    : outer_(std::exchange(ours, true)), outer_from_(std::exchange(called_from, error_context_stack)) {}

OwnPlanning::~OwnPlanning() {
    ours = outer_;
    called_from = outer_from_;
}

bool plans_ours() {
    return ours;
}

void install_planner_hook() {
    own_constraint_exclusion();
    install_index_hook();
    next_hook = std::exchange(planner_hook, plan);
}

}  // namespace retry_ledger::pg
