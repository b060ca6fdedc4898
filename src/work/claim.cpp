// claim_work: items are locked, their rows moved as the caller, then the items are leased.  What can't be
// handed out any more is settled on the way, and others are picked in its place.
#include <algorithm>

#include "work/attempt_log.hpp"
#include "work/rate.hpp"
#include "work/work.hpp"

namespace retry_ledger::work {

namespace {

using core::Token;
using govern::Governed;

constexpr int most_expired = 100;  // that one claim settles on its way

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

// Of the items that were picked: those that are handed out.
std::vector<Item> start(const pg::Home &home, const Claim &claim, std::vector<Item> picked) {
    std::vector<ItemEnd> over;
    std::vector<char> handed_out(picked.size(), 0);
    for (TableItems &group : by_table(home, picked)) {
        Moved moved;
        if (group.table) moved = start_rows(home, *group.table, group.items);
        if (!moved.unseen.empty()) refuse_unseen(*group.table);
        for (Item *item : group.items) {
            auto ended = moved.ended.find(item->row_key);
            if (!group.table)
                over.push_back({item, "void", std::nullopt});
            else if (ended != moved.ended.end())
                over.push_back({item, "done", ended->second});
            else {
                set_lease(*group.table, claim, *item);
                handed_out[item - picked.data()] = 1;
            }
        }
    }
    end_items(home, over);
    std::vector<Item> leased;
    for (size_t i = 0; i < picked.size(); i++)
        if (handed_out[i]) leased.push_back(std::move(picked[i]));
    lease_items(home, leased, claim.worker);
    return leased;
}

std::vector<Item> claim_items(const pg::Home &home, const Claim &claim) {
    Due due = due_of(home, claim.queue);
    if (due.expired) (void)expire(home, claim.queue, most_expired);
    if (due.scheduled) release_scheduled(home, claim.queue);
    Allowance allowance(home, claim.queue, due);
    size_t batch = static_cast<size_t>(std::min(claim.batch, allowance.of_queue()));
    std::vector<Item> taken;
    while (taken.size() < batch) {
        size_t wanted = batch - taken.size();
        std::vector<Item> picked =
            pick_items(home, claim.queue, static_cast<int>(wanted), allowance.used_up());
        bool last = picked.size() < wanted;
        std::vector<Item> leased = start(home, claim, allowance.within(std::move(picked)));
        allowance.take(leased);
        std::move(leased.begin(), leased.end(), std::back_inserter(taken));
        if (last) break;
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
