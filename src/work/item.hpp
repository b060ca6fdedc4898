// The statements on work_item, as the extension's owner.  Items are locked before rows, always in the order
// of their ids.
#pragma once

#include "core/token_bucket.hpp"
#include "pg/own_plan.hpp"
#include "work/queue.hpp"

namespace retry_ledger::work {

// An item as one of the statements below returned it.
struct Item {
    std::string job_id, run_table, run_key, row_table, row_key, queue, kind, state;
    std::optional<std::string> tenant, worker, final_status, leased_to;
    int attempt = 1, deliveries = 0, put_off = 0;
    std::int64_t fence = 0;
    std::optional<TimestampTz> lease_until, deadline, claimed_at;
    bool batch = false;   // of all files of a run: row_key stands for them (rows.hpp)
    ItemPointerData tid;  // of the version that is locked
    Datum payload = 0;    // lives as long as the SpiScope
};

// Up to `count` queued items of a queue that nobody else has locked, in the order in which they are handed
// out; of these tenants none.
std::vector<Item> pick_items(const pg::Home &home, const std::string &queue, int count,
                             const std::vector<std::string> &passed_over);

// Locked items are handed out: state, fence, delivery, lease.  The items are what they have become.
void lease_items(const pg::Home &home, std::vector<Item> &items, const std::string &worker);

// Items whose lease has run out: of one queue the longest gone first, or of all tables but these.  Not locked
// yet: what whoever asks can't settle must not wait for his transaction's end.
std::vector<Item> find_expired(const pg::Home &home, const std::string &queue, int count);
std::vector<Item> find_all_expired(const pg::Home &home, const std::vector<std::string> &passed_over,
                                   int count);

// Of these the ones whose lease has still run out, and that nobody else has locked, locked.
std::vector<Item> lock_expired(const pg::Home &home, const std::vector<Item *> &items);

// Locked items go to another queue.
void move_items(const pg::Home &home, const std::vector<Item *> &items, const std::string &queue);

// Locked items may be claimed once more.
void requeue_items(const pg::Home &home, const std::vector<Item *> &items);

// A locked item may not be claimed before this time.
void put_off_item(const pg::Home &home, const Item &item, TimestampTz until);

void extend_item(const pg::Home &home, const Item &item, TimestampTz until);

// What has to be done for a queue before something is picked.
struct Due {
    bool expired;                                      // leases have run out
    bool scheduled;                                    // work whose time has come
    std::optional<core::RateLimit> rate, tenant_rate;  // the strictest of its tables
    std::optional<bool> may_update;                    // the caller one of its tables; none: it has none
};
Due due_of(const pg::Home &home, const std::string &queue);

// What rate limits have left of claims: of the queue (no tenant), or of one of its tenants.
struct Bucket {
    double tokens = 0;
    TimestampTz filled_at = 0;
};
std::optional<Bucket> read_bucket(const pg::Home &home, const std::string &queue,
                                  const std::optional<std::string> &tenant);
void write_bucket(const pg::Home &home, const std::string &queue, const std::optional<std::string> &tenant,
                  const Bucket &bucket);

// Work whose time has come may be claimed.
void release_scheduled(const pg::Home &home, const std::string &queue);

struct JobName {
    std::string job_id;
    std::optional<std::string> run_table;
};

// Items by their names, whatever their state; all that have the name.
std::vector<Item> find_items(const pg::Home &home, const std::vector<JobName> &names);

// The same, locked.
std::vector<Item> lock_items(const pg::Home &home, const std::vector<JobName> &names);

// The same of those that this role claimed last.
std::vector<Item> lock_items_of(const pg::Home &home, const std::string &role,
                                const std::vector<JobName> &names);

// The items of a run and of its files, locked.
std::vector<Item> lock_run_items(const pg::Home &home, const std::string &run_table,
                                 const std::string &run_key);

struct ItemEnd {
    const Item *item;
    std::string state;  // done or void
    std::optional<std::string> final_status;
};

// Locked items are over.
void end_items(const pg::Home &home, const std::vector<ItemEnd> &ends);

// For DETAIL and the ledger.
core::Evidence evidence_of(const Item &item);

pg::Param bigint_param(std::int64_t value);
pg::Param time_param(const std::optional<TimestampTz> &time);
pg::Param array_param(Oid element, const std::vector<pg::Param> &elements);

}  // namespace retry_ledger::work
