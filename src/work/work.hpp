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

// To write a row of a table runs what its owner has put there, triggers and policies, as whoever writes.  A
// queue that somebody names is trusted with that, and set_work_queue sees to who is in it.  Where no queue
// and no table is named, who may be the table's owner acts as the owner, and whom its owner may be as
// himself; nobody else: the caller would lend his rights to whoever has a table.
std::optional<Oid> acts_unnamed_as(Oid owner);

// The owners of the other tables whose work goes into a queue, and whether a role may act for all of them.
std::vector<Oid> owners_beside(const pg::Home &home, const govern::Governed &table, const std::string &queue);
bool acts_for_all(Oid role, const std::vector<Oid> &owners);

// What stands in a queue of a table that has left it is handed out there only if the owner could bring the
// table back: others may have taken the name since.  False if it was moved to where the table is now, which
// who has no work in either is refused: it would be locked until his transaction ends.
bool stays_in_queue(const pg::Home &home, const govern::Governed &table, const std::vector<Item *> &items,
                    const std::string &queue);

core::Refusal work_not_found(const std::string &job_id);
core::Refusal ambiguous_work(const std::string &job_id, const std::vector<std::string> &tables);
core::Refusal released_work(const Item &item);
core::Refusal unseen_work(const Item &item);
core::Refusal stale_lease(const Item &item, std::int64_t fence);

std::vector<const Item *> items_named(const std::vector<Item> &items, const JobName &job);

// The one item that is meant by a job's id and fence, among those that have the id: of several, and where no
// table is named, what the caller's role has claimed.  Who doesn't see its row isn't told of it.
struct Held {
    const Item *item = nullptr;
    std::optional<core::Refusal> refusal;
};
Held held_item(const pg::Home &home, const std::vector<Item> &items, const JobName &job, std::int64_t fence);

// Arguments.
std::string name_argument(FunctionCallInfo fcinfo, int index, const char *name);  // of a queue, a worker
std::optional<std::string> table_argument(const pg::Home &home, FunctionCallInfo fcinfo, int index);

[[noreturn]] void refuse_work(const std::string &message, const std::string &hint);

// To claim is to lock: whoever couldn't carry out any of a queue's work keeps nobody else from it.
[[noreturn]] void refuse_queue(const std::string &queue);

// Their worker couldn't report on what it doesn't see.
[[noreturn]] void refuse_unseen(const govern::Governed &table);

// What became of an item whose lease ran out.
struct Expired {
    Item item;
    std::string became;  // interrupted, timed_out, redelivered, settled, dropped
};

// Settles up to `max` items whose lease has run out: of one queue as the caller, or of all as
// acts_unnamed_as says.
std::vector<Expired> expire(const pg::Home &home, const std::string &queue, int max);
std::vector<Expired> expire_all(const pg::Home &home, int max);

// {error column: text} as far as the column holds it; none if the table has no error column.
std::optional<std::string> error_outcome(const govern::Governed &table, const std::string &text);
std::vector<std::string> error_columns(const govern::Governed &table);

}  // namespace retry_ledger::work
