#include "work/claimed.hpp"

#include "work/enqueue.hpp"

namespace retry_ledger::work {

namespace {

constexpr int claimed_at_column = 19;  // of work_item, from 0

}  // namespace

std::optional<TimestampTz> first_claim(const pg::Home &home, const govern::Governed &table,
                                       const std::string &run_key) {
    if (table.work == nullptr) return std::nullopt;
    pg::OwnRow item =
        pg::find_row(pg::own_relation(home, "work_item"), pg::own_relation(home, "work_item_pkey"),
                     run_job_id(run_key), table.table_name.string());
    if (!item || item.nulls[claimed_at_column]) return std::nullopt;
    return DatumGetTimestampTz(item.values[claimed_at_column]);
}

}  // namespace retry_ledger::work
