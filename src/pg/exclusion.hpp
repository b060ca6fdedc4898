// constraint_exclusion: whether the planner excludes tables by their CHECKs, without looking at their rows.
//
// It reads its variable for each table anew, and computes functions of other people's in between, to estimate
// how many rows there are.  Such a function may set it, reset it, have it restored by a SET clause or by the
// end of a savepoint: so what a session has set is kept in a variable of ours, for the setting itself knows
// no other, and the planner's follows it only where CHECKs are believed.
#pragma once

#include "pg/postgres.hpp"

namespace retry_ledger::pg {

// One planning as a scope: what is disbelieved ends with it, and isn't what others within it go by.
class Planning {
public:
    Planning();
    ~Planning();
    Planning(const Planning &) = delete;

private:
    bool outer_, outer_disbelieves_;
};

// From here to the end of the planning that is under way, what CHECKs say excludes no rows, whatever is set.
void disbelieve_checks();

// Called once, when the library is loaded.
void own_constraint_exclusion();

}  // namespace retry_ledger::pg
