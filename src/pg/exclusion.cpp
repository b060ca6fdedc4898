#include "pg/exclusion.hpp"

#include "pg/error.hpp"

extern "C" {
#include "optimizer/cost.h"
}

namespace retry_ledger::pg {

namespace {

int as_set = CONSTRAINT_EXCLUSION_PARTITION;
bool planning = false, disbelieving = false;
GucEnumAssignHook next_assign = nullptr;

void follow(int set) {
    constraint_exclusion = disbelieving ? CONSTRAINT_EXCLUSION_OFF : set;
}

void assign(int value, void *extra) {
    follow(value);
    if (next_assign) next_assign(value, extra);
}

}  // namespace

Planning::Planning()
    : outer_(std::exchange(planning, true)), outer_disbelieves_(std::exchange(disbelieving, false)) {
    follow(as_set);
}

Planning::~Planning() {
    planning = outer_;
    disbelieving = outer_disbelieves_;
    follow(as_set);
}

// CREATE INDEX asks about tables, too, and plans nothing.
void disbelieve_checks() {
    disbelieving = planning;
    follow(as_set);
}

void own_constraint_exclusion() {
    config_enum *setting = pg_call([] { return compat::find_enum_setting("constraint_exclusion"); });
    as_set = constraint_exclusion;
    setting->variable = &as_set;
    next_assign = std::exchange(setting->assign_hook, assign);
}

}  // namespace retry_ledger::pg
