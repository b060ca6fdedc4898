// What the functions of the work queue have in common.
#pragma once

#include "work/item.hpp"
#include "work/rows.hpp"

namespace retry_ledger::work {

constexpr size_t max_name_bytes = 200;  // of a queue, a worker
constexpr int max_batch = 1000;

// Microseconds: more than none, at most a year.  Refuses with `token`.
std::optional<std::int64_t> interval_argument(FunctionCallInfo fcinfo, int index, const char *name,
                                              core::Token token);

// Items by the table of the rows that they settle.
struct TableItems {
    govern::GovernedRef table;  // none: it isn't governed any more, or has no queue any more
    std::vector<Item *> items;
};
std::vector<TableItems> by_table(const pg::Home &home, std::vector<Item> &items);

}  // namespace retry_ledger::work
