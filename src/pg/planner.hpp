// How statements of ours are planned, whoever's rows they read, and those of others that read certain tables.
#pragma once

#include "pg/postgres.hpp"

namespace retry_ledger::pg {

// For the time of a scope, no plan is made by what CHECKs and certain indexes say of the rows: their
// functions are the application's, and can say something else since the rows were written.  A flag, and no
// setting: most statements have their plan.
class OwnPlanning {
public:
    OwnPlanning();
    ~OwnPlanning();
    OwnPlanning(const OwnPlanning &) = delete;

private:
    bool outer_;
    ErrorContextCallback *outer_from_;
};

// Within such a scope.
bool plans_ours();

// Called once, when the library is loaded.
void install_planner_hook();

}  // namespace retry_ledger::pg
