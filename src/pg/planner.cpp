// planner_hook: constraint exclusion is off while a plan of ours is made, and so is JIT: where a session has
// switched scans off, the costs of our look-ups would ask for it.
#include "pg/planner.hpp"

#include "pg/error.hpp"
#include "pg/planner_indexes.hpp"
#include "pg/spi.hpp"

extern "C" {
#include "optimizer/planner.h"
}

namespace retry_ledger::pg {

namespace {

planner_hook_type next_hook = nullptr;
bool ours = false;

PlannedStmt *plan(Query *query, const char *text, int options, ParamListInfo parameters) {
    const planner_hook_type next = next_hook ? next_hook : standard_planner;
    if (!ours) return next(query, text, options, parameters);
    return entry([&] {
        SwitchedOff off({"constraint_exclusion", "jit"});
        return pg_call([&] { return next(query, text, options, parameters); });
    });
}

}  // namespace

OwnPlanning::OwnPlanning() : outer_(std::exchange(ours, true)) {}

OwnPlanning::~OwnPlanning() {
    ours = outer_;
}

bool plans_ours() {
    return ours;
}

void install_planner_hook() {
    install_index_hook();
    next_hook = std::exchange(planner_hook, plan);
}

}  // namespace retry_ledger::pg
