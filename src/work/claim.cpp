// claim_work: items are locked, their rows moved as the caller, then the items are leased.  What can't be
// handed out any more is settled on the way, and others are picked in its place.  A row that can't be started
// waits, longer each time: at the head of the queue it would keep everybody from all that stands behind it.
#include <algorithm>

#include "core/keys.hpp"
#include "ledger/ledger.hpp"
#include "pg/subtransaction.hpp"
#include "work/attempt_log.hpp"
#include "work/rate.hpp"
#include "work/work.hpp"

namespace retry_ledger::work {

namespace {

using core::Token;
using govern::Governed;

constexpr int most_expired = 100;  // that one claim settles on its way
constexpr int most_put_off = 100;  // after which it picks no more

struct Claim {
    std::string queue, worker;
    int batch = 1;
    std::optional<std::int64_t> lease;  // microseconds
};

// In the order of claim_work's arguments.
Claim read_claim(FunctionCallInfo fcinfo) {
    Claim claim;
    claim.queue = name_argument(fcinfo, 0, "queue");
    claim.worker = name_argument(fcinfo, 1, "worker");
    claim.batch = PG_ARGISNULL(2) ? 1 : PG_GETARG_INT32(2);
    if (claim.batch < 1 || claim.batch > max_batch)
        refuse_work(core::format("batch is {} and may be 1 to {}", claim.batch, max_batch),
                    "Claim what one worker can carry out within a lease.");
    claim.lease = interval_argument(fcinfo, 3, "lease", Token::invalid_work);
    return claim;
}

void set_lease(const Governed &table, const Claim &claim, Item &item) {
    TimestampTz now = GetCurrentTimestamp();
    item.lease_until = now + claim.lease.value_or(table.work->lease);
    item.deadline.reset();
    if (!table.work->timeout) return;
    item.deadline = now + *table.work->timeout;
    item.lease_until = std::min(*item.lease_until, *item.deadline);
}

// Rows that the caller starts; those that have ended by other hands.
Moved start_rows(const pg::Home &home, Governed &table, const std::vector<Item *> &items) {
    std::vector<RowOutcome> rows;
    for (const Item *item : items) rows.push_back({item->row_key, std::nullopt});
    if (table.work->start_status)
        return move_rows(home, table,
                         {*table.work->start_status, {}, table.work->started_column, From::start}, rows);
    Moved moved;
    std::vector<std::string> keys;
    for (const RowOutcome &row : rows) keys.push_back(row.key);
    auto statuses = statuses_of(home, table, keys);
    for (const std::string &key : keys) {
        auto status = statuses.find(key);
        if (status == statuses.end())
            moved.unseen.insert(key);
        else if (table.ended.contains(status->second))
            moved.ended.emplace(key, status->second);
    }
    return moved;
}

// Whether an error is the row's, which would meet it again: not the caller's, the schema's or the server's.
bool is_of_row(const pg::Error &error) {
    for (int others : {ERRCODE_SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION, ERRCODE_TRANSACTION_ROLLBACK,
                       ERRCODE_INSUFFICIENT_RESOURCES, ERRCODE_OPERATOR_INTERVENTION, ERRCODE_SYSTEM_ERROR,
                       ERRCODE_INTERNAL_ERROR})
        if (ERRCODE_TO_CATEGORY(error.sqlstate) == ERRCODE_TO_CATEGORY(others)) return false;
    return error.sqlstate != ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE;  // the library isn't preloaded
}

void record_put_off(const pg::Home &home, const Governed &table, const Item &item, TimestampTz until,
                    const pg::Error &error) {
    ledger::Entry entry;
    entry.action = "start_failed";
    entry.run_table = item.batch ? item.run_table : item.row_table;
    entry.run_key = item.batch ? item.run_key : item.row_key;
    entry.tenant = item.tenant;
    entry.attempt = item.attempt;
    entry.policy_hash = table.policy_hash;
    entry.evidence = {{"job_id", item.job_id},
                      {"queue", item.queue},
                      {"times", std::int64_t{item.put_off + 1}},
                      {"not_before", pg::iso_time(until)},
                      {"sqlstate", std::string(unpack_sql_state(error.sqlstate))},
                      {"message", core::shortened(error.message)}};
    ledger::append(home, entry);
}

// Twice as long each time, up to an hour: it keeps nobody else from the queue.
void put_off(const pg::Home &home, const Governed &table, const Item &item, const pg::Error &error) {
    constexpr std::int64_t first = 10 * USECS_PER_SEC, longest = USECS_PER_HOUR;
    TimestampTz until = GetCurrentTimestamp() + std::min(first << std::min(item.put_off, 20), longest);
    put_off_item(home, item, until);
    record_put_off(home, table, item, until, error);
    std::string time = pg::iso_time(until);
    pg::pg_call([&] {
        ereport(WARNING,
                (errcode(error.sqlstate),
                 errmsg("work \"%s\" of queue \"%s\" could not be started and waits until %s: %s",
                        item.job_id.c_str(), item.queue.c_str(), time.c_str(), error.message.c_str())));
    });
}

// Takes items out of a queue and starts their rows.
class Start {
public:
    Start(const pg::Home &home, const Claim &claim) : home_(home), claim_(claim) {}

    // Those that are handed out.
    std::vector<Item> lease(std::vector<Item> picked) {
        std::vector<ItemEnd> over;
        ready_.clear();
        for (TableItems &group : by_table(home_, picked)) {
            if (!group.table)
                for (Item *item : group.items) over.push_back({item, "void", std::nullopt});
            else if (stays_in_queue(home_, *group.table, group.items, claim_.queue))
                start(*group.table, group.items, over);
        }
        end_items(home_, over);
        std::vector<Item> leased;
        for (Item &item : picked)
            if (ready_.count(&item) > 0) leased.push_back(std::move(item));
        lease_items(home_, leased, claim_.worker);
        return leased;
    }

    // One claim doesn't put off everything where no row can be started.
    bool tires() const { return put_off_ >= most_put_off; }

private:
    // As a set; if one of the rows can't be started, in halves: it doesn't keep the others from being.
    void start(Governed &table, const std::vector<Item *> &items, std::vector<ItemEnd> &over) {
        Moved moved;
        auto failure =
            pg::try_in_subtransaction(pg::AtEnd::commit, [&] { moved = start_rows(home_, table, items); });
        if (!failure) {
            sort(table, items, moved, over);
            return;
        }
        if (!is_of_row(*failure)) throw *failure;
        if (items.size() == 1) {
            put_off(home_, table, *items.front(), *failure);
            put_off_++;
            return;
        }
        auto middle = items.begin() + static_cast<std::ptrdiff_t>(items.size() / 2);
        start(table, {items.begin(), middle}, over);
        start(table, {middle, items.end()}, over);
    }

    void sort(Governed &table, const std::vector<Item *> &items, const Moved &moved,
              std::vector<ItemEnd> &over) {
        if (!moved.unseen.empty()) refuse_unseen(table);
        for (Item *item : items) {
            auto ended = moved.ended.find(item->row_key);
            if (ended != moved.ended.end()) {
                over.push_back({item, "done", ended->second});
                continue;
            }
            set_lease(table, claim_, *item);
            ready_.insert(item);
        }
    }

    const pg::Home &home_;
    const Claim &claim_;
    std::unordered_set<const Item *> ready_;
    int put_off_ = 0;
};

std::vector<Item> claim_items(const pg::Home &home, const Claim &claim) {
    Due due = due_of(home, claim.queue);
    if (due.may_update == false) refuse_queue(claim.queue);
    if (due.expired) (void)expire(home, claim.queue, most_expired);
    if (due.scheduled) release_scheduled(home, claim.queue);
    Allowance allowance(home, claim.queue, due);
    size_t batch = static_cast<size_t>(std::min(claim.batch, allowance.of_queue()));
    Start start(home, claim);
    std::vector<Item> taken;
    while (taken.size() < batch) {
        size_t wanted = batch - taken.size();
        std::vector<Item> picked =
            pick_items(home, claim.queue, static_cast<int>(wanted), allowance.used_up());
        bool last = picked.size() < wanted;
        std::vector<Item> leased = start.lease(allowance.within(std::move(picked)));
        allowance.take(leased);
        std::move(leased.begin(), leased.end(), std::back_inserter(taken));
        if (last || start.tires()) break;
    }
    allowance.keep();
    return taken;
}

// In the order of claim_work's OUT parameters.
void return_item(FunctionCallInfo fcinfo, const Item &item) {
    pg::Param fence = bigint_param(item.fence), until = time_param(item.lease_until),
              deadline = time_param(item.deadline);
    Datum values[] = {pg::text_datum(item.job_id),
                      fence.value,
                      pg::text_datum(item.kind),
                      pg::text_datum(item.run_table),
                      pg::text_datum(item.run_key),
                      item.tenant ? pg::text_datum(*item.tenant) : Datum(0),
                      Int32GetDatum(item.attempt),
                      item.payload,
                      until.value,
                      deadline.value,
                      Int32GetDatum(item.deliveries)};
    bool nulls[] = {false, false, false, false,         false, !item.tenant,
                    false, false, false, deadline.null, false};
    pg::pg_call([&] {
        auto *result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
        tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
    });
}

}  // namespace

}  // namespace retry_ledger::work

using namespace retry_ledger;

RETRY_LEDGER_FUNCTION(claim_work) {
    return pg::entry([&]() -> Datum {
        pg::pg_call([&] { InitMaterializedSRF(fcinfo, 0); });
        pg::Home home = pg::home_of(fcinfo->flinfo->fn_oid);
        work::Claim claim = work::read_claim(fcinfo);
        pg::SpiScope spi;
        for (const work::Item &item : work::claim_items(home, claim)) {
            work::return_item(fcinfo, item);
            work::log_start(item);
        }
        return Datum(0);
    });
}
