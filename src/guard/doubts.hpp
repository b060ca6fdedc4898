// What of a table says of its rows what whoever writes them has it say: indexes and CHECKs.
#pragma once

#include "pg/own_table.hpp"

#include <map>

namespace retry_ledger::guard {

// Of each relation, in words, those indexes that a row can mislead (a NaN among shapes, say), or that keep of
// it what goes by the writer's settings, as age() of times with zones does; and CHECKs that go by settings.
// Where a lock is held the planner takes none of them (pg/planner_indexes.hpp).  What functions of an owner
// do is his affair: of these only those in SQL are looked into.
std::map<Oid, std::vector<std::string>> doubts_of(const std::vector<Oid> &relations);

}  // namespace retry_ledger::guard
