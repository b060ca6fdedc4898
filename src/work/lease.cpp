// Leases: extending them, and what follows when they run out.
//
// A lost lease is a fact.  The attempt ends as interrupted, or the same attempt is handed out once more where
// the table says so (max_deliveries); either is on the ledger, with the worker that was not heard of.  Its
// fence is spent in both cases, so what it still reports is stale.
#include <algorithm>

#include "core/failure.hpp"
#include "ledger/ledger.hpp"
#include "pg/application.hpp"
#include "pg/as_owner.hpp"
#include "pg/subtransaction.hpp"
#include "retry/arguments.hpp"
#include "retry/question.hpp"
#include "retry/resolve.hpp"
#include "work/attempt_log.hpp"
#include "work/work.hpp"

namespace retry_ledger::work {

namespace {

using core::Token;
using govern::Governed;

bool timed_out(const Item &item) {
    return item.deadline && *item.deadline <= GetCurrentTimestamp();
}

// The first line says what it is: failures are classified by it.
std::string error_text(const Item &item, const Governed &table) {
    std::string who =
        core::format("worker {} did not report under fence {}", item.worker.value_or(""), item.fence);
    if (timed_out(item))
        return core::format("retry_ledger: timed out after {} s: {} by {}",
                            static_cast<double>(table.work->timeout.value_or(0)) / 1e6, who,
                            pg::iso_time(*item.deadline));
    return core::format("{}{} by {}", core::lost_lease, who, pg::iso_time(*item.lease_until));
}

void record(const pg::Home &home, const Governed *table, const Expired &expired) {
    const Item &item = expired.item;
    ledger::Entry entry;
    entry.action = expired.became == "redelivered" ? "redelivered"
                   : expired.became == "timed_out" ? "timed_out"
                                                   : "lease_lost";
    entry.run_table = item.batch ? item.run_table : item.row_table;
    entry.run_key = item.batch ? item.run_key : item.row_key;
    entry.tenant = item.tenant;
    entry.attempt = item.attempt;
    entry.reason_code = expired.became;
    if (table != nullptr) entry.policy_hash = table->policy_hash;
    entry.evidence = {{"job_id", item.job_id},
                      {"queue", item.queue},
                      {"worker", item.worker.value_or("")},
                      {"fence", item.fence},
                      {"delivery", std::int64_t{item.deliveries}},
                      {"lease_until", pg::iso_time(*item.lease_until)}};
    if (item.deadline) entry.evidence.push_back({"deadline", pg::iso_time(*item.deadline)});
    ledger::append(home, entry);
}

// Of the items of one table those that end in `status`, in one statement.
void end_rows(const pg::Home &home, Governed &table, const std::string &status, const char *became,
              const std::vector<Item *> &items, std::vector<Expired> &result) {
    if (items.empty()) return;
    if (!table.ended.contains(status))
        throw pg::Error{
            ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
            core::format("\"{}\" isn't an ended status of {} any more", status, table.table_name.view()),
            "Work whose lease has run out ends with it.",
            "Name another timeout_status and interrupted_status: set_work_queue."};
    std::vector<RowOutcome> rows;
    for (const Item *item : items)
        rows.push_back({item->row_key, error_outcome(table, error_text(*item, table))});
    Moved moved = move_rows(
        home, table, {status, error_columns(table), table.work->finished_column, From::anywhere}, rows);
    if (!moved.unseen.empty()) refuse_unseen(table);
    std::vector<ItemEnd> ends;
    for (const Item *item : items) {
        auto ended = moved.ended.find(item->row_key);
        bool by_others = ended != moved.ended.end();
        ends.push_back({item, "done", by_others ? ended->second : status});
        result.push_back({*item, by_others ? "settled" : became});
    }
    end_items(home, ends);
}

// Of items that could be handed out once more those whose rows haven't ended by other hands.
std::vector<Item *> still_running(const pg::Home &home, Governed &table, const std::vector<Item *> &items,
                                  std::vector<Expired> &result) {
    std::vector<std::string> keys;
    for (const Item *item : items) keys.push_back(item->row_key);
    auto statuses = statuses_of(home, table, keys);
    std::vector<Item *> running;
    std::vector<ItemEnd> ends;
    for (Item *item : items) {
        auto status = statuses.find(item->row_key);
        if (status == statuses.end()) refuse_unseen(table);
        if (!table.ended.contains(status->second)) {
            running.push_back(item);
            continue;
        }
        ends.push_back({item, "done", status->second});
        result.push_back({*item, "settled"});
    }
    end_items(home, ends);
    return running;
}

void settle_rows(const pg::Home &home, Governed &table, const std::vector<Item *> &items,
                 std::vector<Expired> &result) {
    std::vector<Item *> late, lost, again;
    for (Item *item : items)
        (timed_out(*item)                                ? late
         : item->deliveries < table.work->max_deliveries ? again
                                                         : lost)
            .push_back(item);
    if (!again.empty()) again = still_running(home, table, again, result);
    end_rows(home, table, table.work->timeout_status, "timed_out", late, result);
    end_rows(home, table, table.work->interrupted_status, "interrupted", lost, result);
    requeue_items(home, again);
    for (const Item *item : again) result.push_back({*item, "redelivered"});
    if (!again.empty() && table.work->notify)
        pg::pg_call([&] { Async_Notify("retry_ledger_work", table.work->name.c_str()); });
}

void drop(const pg::Home &home, const std::vector<Item *> &items, std::vector<Expired> &result) {
    std::vector<ItemEnd> ends;
    for (const Item *item : items) {
        ends.push_back({item, "void", std::nullopt});
        result.push_back({*item, "dropped"});
    }
    end_items(home, ends);
}

// In the order of expire_leases' OUT parameters.
void return_expired(FunctionCallInfo fcinfo, const Expired &expired) {
    retry::RowBuilder row;
    row.text(expired.item.job_id);
    row.text(expired.item.run_table);
    row.text(expired.item.run_key);
    row.bigint(expired.item.fence);
    row.text(expired.item.worker);
    row.time(expired.item.lease_until);
    row.text(expired.became);
    row.put(fcinfo);
}

// Whoever couldn't report the end keeps nobody else from the work.
void require_reach(const pg::Home &home, Governed &table, const Item &item) {
    retry::require_privileges(table, "SELECT");
    bool may_update = pg::pg_call([&] {
        return pg_class_aclcheck(table.root, GetUserId(), ACL_UPDATE) == ACLCHECK_OK ||
               pg_attribute_aclcheck(table.root, table.status.attnum, GetUserId(), ACL_UPDATE) == ACLCHECK_OK;
    });
    if (!may_update) {
        std::string role = retry::current_role();
        throw pg::to_error(core::Refusal{
            Token::not_allowed,
            core::format("role {} lacks UPDATE on {}", role, table.table_name.view()),
            {{"role", role}, {"run_table", table.table_name.string()}, {"privilege", std::string("UPDATE")}},
            "Who holds work may SELECT and UPDATE the rows that it settles."});
    }
    if (!policies_let_move(home, table, item.row_key)) throw pg::to_error(unseen_work(item));
}

TimestampTz extend(const pg::Home &home, FunctionCallInfo fcinfo) {
    JobName job{pg::text_argument(fcinfo, 0).value_or(""), table_argument(home, fcinfo, 3)};
    std::int64_t fence = PG_ARGISNULL(1) ? 0 : pg::pg_call([&] { return PG_GETARG_INT64(1); });
    auto by = interval_argument(fcinfo, 2, "by", Token::invalid_work);
    pg::SpiScope spi;
    std::vector<Item> items = lock_items(home, {job});
    Held held = held_item(home, items, job, fence);
    if (held.refusal) throw pg::to_error(*held.refusal);
    govern::GovernedRef table = find_table(home, held.item->row_table);
    if (!table || table->work == nullptr) throw pg::to_error(released_work(*held.item));
    require_reach(home, *table, *held.item);
    TimestampTz until =
        std::max(GetCurrentTimestamp() + by.value_or(table->work->lease), *held.item->lease_until);
    if (held.item->deadline) until = std::min(until, *held.item->deadline);
    extend_item(home, *held.item, until);
    return until;
}

// `role` is the caller, or the table's owner.
void settle_rows_as(const pg::Home &home, Oid role, Governed &table, const std::vector<Item *> &items,
                    std::vector<Expired> &result) {
    std::optional<pg::AsTableOwnerRestricted> owner;
    if (role != GetUserId()) {
        pg::run("SET CONSTRAINTS ALL IMMEDIATE");  // or a trigger could wait for the caller's commit
        owner.emplace(role);
    }
    settle_rows(home, table, items, result);
}

void settle_set(const pg::Home &home, Oid role, Governed *table, const std::vector<Item *> &items,
                std::vector<Expired> &result) {
    std::vector<Expired> settled;
    if (table != nullptr)
        settle_rows_as(home, role, *table, items, settled);
    else
        drop(home, items, settled);
    pg::KeepOpen ledger(pg::own_relation(home, "ledger_entry"));
    for (const Expired &expired : settled) {
        record(home, table, expired);
        log_end(expired.item, expired.became);
    }
    result.insert(result.end(), settled.begin(), settled.end());
}

// By whom, and of which queue if one was named.
struct Settling {
    const pg::Home &home;
    Oid role;
    std::optional<std::string> queue;
};

void lock_and_settle(const Settling &by, Governed *table, const std::vector<Item *> &items,
                     std::vector<Expired> &result) {
    std::vector<Item> locked = lock_expired(by.home, items);
    std::vector<Item *> places;
    for (Item &item : locked) places.push_back(&item);
    if (places.empty()) return;
    if (table == nullptr || !by.queue || stays_in_queue(by.home, *table, places, *by.queue))
        settle_set(by.home, by.role, table, places, result);
}

// As a set; if one of its rows can't be updated, one by one: it doesn't keep the others from being settled.
// What is locked within goes free again with the subtransaction.
void settle(const Settling &by, Governed *table, const std::vector<Item *> &items,
            std::vector<Expired> &result) {
    auto failure =
        pg::try_in_subtransaction(pg::AtEnd::commit, [&] { lock_and_settle(by, table, items, result); });
    if (!failure) return;
    if (items.size() > 1) {
        for (Item *item : items) settle(by, table, {item}, result);
        return;
    }
    const std::string &job = items.front()->job_id, &queue = items.front()->queue;
    pg::pg_call([&] {
        ereport(WARNING, (errcode(failure->sqlstate),
                          errmsg("work \"%s\" of queue \"%s\", whose lease ran out, could not be settled: %s",
                                 job.c_str(), queue.c_str(), failure->message.c_str())));
    });
}

// Governed tables whose rows the caller doesn't settle without naming their queue.
std::vector<std::string> out_of_reach(const pg::Home &home) {
    std::vector<std::pair<std::string, Oid>> owners;
    {
        pg::AsRole owner(home.owner);
        pg::Rows rows =
            pg::run_latest(core::format("SELECT g.table_name, c.relowner FROM {0}.work_queue q"
                                        " JOIN {0}.governed_table g ON g.run_table = q.run_table"
                                        " JOIN pg_catalog.pg_class c ON c.oid = q.run_table",
                                        pg::schema_name(home)));
        for (uint64 i = 0; i < rows.size(); i++)
            owners.emplace_back(rows.string(i, 1), static_cast<Oid>(rows.integer(i, 2)));
    }
    std::vector<std::string> tables;
    for (const auto &[table, owner] : owners)
        if (!acts_unnamed_as(owner)) tables.push_back(table);
    return tables;
}

}  // namespace

std::vector<Expired> expire(const pg::Home &home, const std::string &queue, int max) {
    std::vector<Item> items = find_expired(home, queue, max);
    std::vector<Expired> result;
    for (TableItems &group : by_table(home, items))
        settle({home, GetUserId(), queue}, group.table ? &*group.table : nullptr, group.items, result);
    return result;
}

std::vector<Expired> expire_all(const pg::Home &home, int max) {
    std::vector<Item> items = find_all_expired(home, out_of_reach(home), max);
    std::vector<Expired> result;
    for (TableItems &group : by_table(home, items)) {
        auto role = group.table ? acts_unnamed_as(pg::owner_of(group.table->root)) : GetUserId();
        if (role)
            settle({home, *role, std::nullopt}, group.table ? &*group.table : nullptr, group.items, result);
    }
    return result;
}

}  // namespace retry_ledger::work

using namespace retry_ledger;

RETRY_LEDGER_FUNCTION(extend_lease) {
    return pg::entry([&]() -> Datum {
        pg::Home home = pg::home_of(fcinfo->flinfo->fn_oid);
        return TimestampTzGetDatum(work::extend(home, fcinfo));
    });
}

RETRY_LEDGER_FUNCTION(expire_leases) {
    return pg::entry([&]() -> Datum {
        pg::pg_call([&] { InitMaterializedSRF(fcinfo, 0); });
        pg::Home home = pg::home_of(fcinfo->flinfo->fn_oid);
        auto queue = pg::text_argument(fcinfo, 0);
        int max = PG_ARGISNULL(1) ? 1000 : PG_GETARG_INT32(1);
        if (max < 1 || max > 100000)
            work::refuse_work(core::format("max is {} and may be 1 to 100000", max),
                              "Settle them a portion at a time.");
        pg::SpiScope spi;
        auto settled = queue ? work::expire(home, *queue, max) : work::expire_all(home, max);
        for (const work::Expired &expired : settled) work::return_expired(fcinfo, expired);
        return Datum(0);
    });
}
