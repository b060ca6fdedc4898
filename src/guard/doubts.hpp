// What of a table says of its rows what whoever writes them has it say: indexes and CHECKs.
#pragma once

#include "pg/own_table.hpp"

#include <map>

namespace retry_ledger::guard {

// Of each relation, in words.
using Doubts = std::map<Oid, std::vector<std::string>>;

// Those indexes that a row can mislead (a NaN among shapes, say), or that keep of it what goes by the
// writer's settings, as age() of times with zones does; and CHECKs that go by settings.  Where a lock is held
// the planner takes none of them (pg/planner_indexes.hpp).  What the application's functions do is its own
// affair: nothing of an owner's runs for whoever asks.
void add_misleading_parts(const std::vector<Oid> &relations, Doubts &doubts);

// Columns with cubes in them: a NaN in one equals any other, so that DISTINCT, joins and sorted indexes leave
// rows out.
void add_columns_of_cubes(const std::vector<Oid> &relations, Doubts &doubts);

}  // namespace retry_ledger::guard
